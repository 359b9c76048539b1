package temporal

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"go.temporal.io/server/common/dynamicconfig"
	"gopkg.in/yaml.v3"
)

// namespaceRefresh is how often each service reads the namespaces again. A search
// attribute that was just added is known to all of them after this long.
const namespaceRefresh = 2 * time.Second

// dynamicConfig is what differs from the server's defaults, and why.
func dynamicConfig() dynamicconfig.StaticClient {
	return dynamicconfig.StaticClient{
		// By default timers and activity retries fire up to a second late: a poll
		// every 5 s would come every 6 s.
		dynamicconfig.TimerProcessorMaxTimeShift.Key(): 10 * time.Millisecond,

		// Several partitions hold several backlogs, so a "pay" could wait behind a
		// "poll" of another partition: strict priority needs one.
		dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
		dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,
		dynamicconfig.MatchingEnableFairness.Key():              true,

		// Cancel is an update.
		dynamicconfig.FrontendEnableUpdateWorkflowExecution.Key():              true,
		dynamicconfig.FrontendEnableUpdateWorkflowExecutionAsyncAccepted.Key(): true,

		// The limits protect shared clusters. Here there is one user, who may well
		// start thousands of orders from a file or list them in a loop.
		dynamicconfig.FrontendRPS.Key():                                         20_000,
		dynamicconfig.FrontendMaxNamespaceRPSPerInstance.Key():                  20_000,
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key():        1_000,
		dynamicconfig.FrontendMaxConcurrentLongRunningRequestsPerInstance.Key(): 20_000,
		dynamicconfig.HistoryRPS.Key():                                          50_000,
		dynamicconfig.MatchingRPS.Key():                                         50_000,
		dynamicconfig.FrontendPersistenceMaxQPS.Key():                           100_000,
		dynamicconfig.HistoryPersistenceMaxQPS.Key():                            100_000,
		dynamicconfig.MatchingPersistenceMaxQPS.Key():                           100_000,

		dynamicconfig.NamespaceCacheRefreshInterval.Key(): namespaceRefresh,
		// Otherwise one change of a namespace a second, and retention and search
		// attributes are two at the first start of a new version.
		dynamicconfig.FrontendMaxNamespaceNamespaceReplicationInducingAPIsRPSPerInstance.Key(): 100,

		// No calls to the outside: the default asks a public host for news of
		// versions every hour.
		dynamicconfig.EnableServerVersionCheck.Key(): false,
	}
}

// WriteDynamicConfig writes the dynamic configuration as a file that a server of
// one's own takes (DYNAMIC_CONFIG_FILE_PATH): what is promised of the embedded one
// holds there too.
func WriteDynamicConfig(w io.Writer) error {
	type constrained []map[string]any
	values := map[string]constrained{}
	for key, value := range dynamicConfig() {
		if duration, is := value.(time.Duration); is {
			value = duration.String()
		}
		values[key.String()] = constrained{{"value": value}}
	}
	text, err := yaml.Marshal(values) // sorted by key
	if err != nil {
		return fmt.Errorf("write dynamic configuration: %w", err)
	}
	// As the server reads it: a key or a type that it does not know is a warning.
	read := dynamicconfig.LoadYamlFile(text)
	if err := errors.Join(slices.Concat(read.Errors, read.Warnings)...); err != nil {
		return fmt.Errorf("read dynamic configuration back: %w", err)
	}
	_, err = w.Write(text)
	return err
}
