// Package report keeps what was measured, and shows it: as tables, as JSON, as a picture. It
// knows nothing of how it was measured.
package report
