// Package storm tries to break the promises: real programs carry orders of every kind
// while everything goes wrong at once, and a judge holds what foxflow shows against the
// simulator's own books. docs/storm.md tells it in full.
//
// The plan says what is ordered and how it may end (plan, mix). The hands are what is
// done meanwhile (people, operator, fox, reaper, outages). The evidence is what the
// programs themselves say in the end (evidence, gather). The judge finds breaches in it
// (judge). The verdict tells them, with a table and the story of each (verdict, tally,
// story).
//
// The judge must never share code with foxflow: it knows the promises, the programs'
// answers and nothing else. So a mistake that foxflow makes is not made here, too.
package storm
