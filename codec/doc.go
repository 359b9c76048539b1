// Command codec opens sealed payloads for Temporal's Web UI, and for the temporal
// command, as a remote codec: POST /decode and /encode, for whoever holds its token.
// A person signs in at / with any name and the token as password; the browser then
// holds a session, and the Web UI reads through it.
//
// It knows neither Temporal nor orders, keeps nothing, and never logs a payload or a
// credential: its audit log says who asked, from where, and what came of it.
//
// Configuration comes from the environment alone; codec --help lists it.
package main
