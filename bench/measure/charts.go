package measure

import "foxflow/bench/report"

// Charts are what the picture of a whole bench shows.
var Charts = []report.Chart{
	{Title: "Orders a minute: 120 at once, 100 requests a minute, 60 s of fulfilment", Part: "120 orders at once, 100 requests/min, 1m0s", Figure: "orders/min"},
	{Title: "Requests an order, the same crowd", Part: "120 orders at once, 100 requests/min, 1m0s", Figure: "requests an order"},
	{Title: "CPU-ms an order, 2 looks (worker, shop, Temporal, PostgreSQL)", Part: "saturated, 2 looks", Figure: "CPU-ms an order"},
	{Title: "CPU-ms an order, 12 looks", Part: "saturated, 12 looks", Figure: "CPU-ms an order"},
	{Title: "Seconds until 100 orders in flight move again after a kill", Part: "worker killed, 100 orders in flight", Figure: "all moving again after s"},
}
