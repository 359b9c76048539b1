// Package measure has the parts of the bench. Each says what the world is like, has the
// contenders carry orders in it, and puts what was seen on the sheet.
package measure
