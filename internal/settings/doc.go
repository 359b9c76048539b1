// Package settings reads what the environment says: every variable of worker,
// starter and codec server, parsed, checked and described in one place.
//
// A variable that is set but empty, or set to something wrong, is refused with
// its name, what was wrong and an example; all of them at once, so that a
// person mends the environment in one go. Secrets come in a type that never
// shows them.
//
// It is for main packages alone: no room of the house reads the environment.
package settings
