// Package compose reads docker-compose.yml as the compose specification's own loader
// does: schema, anchors, interpolation, env files, profiles. Its tests hold the file
// against what it promises; the end-to-end tests run what it says without Docker.
//
// It knows nothing of Docker: no engine is asked.
package compose
