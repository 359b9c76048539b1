// Package pages holds the documents of this repository to the code that they tell of:
// tables that stand in a page and in the code too are made of the code ("make docs"), and
// a test fails when the two differ. It also checks that every link in a page leads
// somewhere.
//
// It is for tests alone: no program imports it. It knows nothing of what the pages say.
package pages
