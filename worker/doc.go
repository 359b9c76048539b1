// Command worker carries the orders: it runs their workflows and, on a task
// queue of its own, the activities that call FoxReload. It holds no state: any
// number of workers may run on one ledger and one Temporal namespace, and each
// may be stopped or killed at any moment.
//
// Configuration comes from the environment alone; worker --help lists it.
package main
