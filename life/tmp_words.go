package life

import "foxflow/order"

func waitingFor(order.Status) string { return "" }
