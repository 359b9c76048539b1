// Package compose reads docker-compose.yml as the compose specification's own loader
// does: schema, anchors, interpolation, env files, profiles. Its tests hold the file
// against what it promises.
//
// In a Docker engine, where there is one, they build and run it to the letter.
package compose
