// Package healthcheck asks a server of foxflow on this machine how it is. A container's
// health check runs the program itself with the argument "health": its image holds
// neither a shell nor curl.
//
// It knows no program and no answer: 200 is health, anything else is not.
package healthcheck
