#!/bin/sh
# Makes the namespace that orders live in and its search attributes, and returns once
# a query for them is understood. May be run again: what is there stays as it is.
# TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE come from the environment.
set -eu

# Services read the list of namespaces every few seconds, each at its own time.
patiently() {
	tries=60
	until "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || { echo "given up: $*" >&2; return 1; }
		sleep 1
	done
}

namespace_exists() { temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; }

patiently temporal operator cluster health
namespace_exists || temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 720h
patiently namespace_exists
patiently temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" \
	--name FoxflowState --type Keyword \
	--name FoxflowOrderId --type Keyword \
	--name FoxflowCancelReason --type Keyword \
	--name FoxflowMock --type Bool
patiently temporal workflow count --namespace "$TEMPORAL_NAMESPACE" \
	--query "FoxflowState = 'none' AND FoxflowOrderId = 'none' AND FoxflowCancelReason = 'none' AND FoxflowMock = true"
