// Package codec seals what foxflow hands to Temporal: inputs, results, memos,
// summaries, and the messages and stack traces of failures. Whoever reads
// Temporal's database, its history or its Web UI without the keyset sees sealed
// bytes; workflow ids, types, search attributes and times stay readable.
//
// It must never know what a payload is about, and never show one: program codec
// beside it opens payloads for the Web UI of those who may.
package codec
