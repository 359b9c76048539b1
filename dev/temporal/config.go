package temporal

import (
	"fmt"
	"net"
	"strconv"

	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/primitives"

	"foxflow/dev/loopback"
)

// The name and id of the one-machine cluster are written into the database at its
// first start, so they must never change.
const (
	clusterName = "active"
	clusterID   = "8f5c1d3e-6f0b-4f5e-9a6a-2d6f0c5f1a77"
)

const storeName = "sqlite"

// services are the ports of the server's four parts. All but the frontend's are
// picked at each start: nobody else needs to know them.
type services map[primitives.ServiceName]int

func pickServices(frontend, ui int) (services, error) {
	inner := []primitives.ServiceName{primitives.HistoryService, primitives.MatchingService, primitives.WorkerService}
	ports, err := loopback.FreePorts(len(inner), frontend, ui)
	if err != nil {
		return nil, fmt.Errorf("start the server's parts: %w", err)
	}
	s := services{primitives.FrontendService: frontend}
	for i, name := range inner {
		s[name] = ports[i]
	}
	return s, nil
}

func (s services) address(name primitives.ServiceName) string {
	return net.JoinHostPort(host, strconv.Itoa(s[name]))
}

// hosts tells the services of each other, in place of the gossip that a cluster of
// machines would need (and its open ports).
func (s services) hosts() map[primitives.ServiceName]static.Hosts {
	hosts := map[primitives.ServiceName]static.Hosts{}
	for name := range s {
		address := s.address(name)
		hosts[name] = static.Hosts{All: []string{address}, Self: address}
	}
	return hosts
}

// serverConfig is the server's static configuration: one cluster, one shard, one
// database. No metrics, no profiling, no HTTP API: each would open a port.
func serverConfig(s services, store *config.SQL) *config.Config {
	c := &config.Config{
		Persistence: config.Persistence{
			DefaultStore:    storeName,
			VisibilityStore: storeName,
			// The database has one connection; more shards would only queue for it.
			NumHistoryShards: 1,
			DataStores:       map[string]config.DataStore{storeName: {SQL: store}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {
					Enabled:                true,
					InitialFailoverVersion: 1,
					RPCAddress:             s.address(primitives.FrontendService),
					ClusterID:              clusterID,
				},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		PublicClient:        config.PublicClient{HostPort: s.address(primitives.FrontendService)},
		Archival: config.Archival{
			History:    config.HistoryArchival{State: config.ArchivalDisabled},
			Visibility: config.VisibilityArchival{State: config.ArchivalDisabled},
		},
		NamespaceDefaults: config.NamespaceDefaults{Archival: config.ArchivalNamespaceDefaults{
			History:    config.HistoryArchivalNamespaceDefaults{State: config.ArchivalDisabled},
			Visibility: config.VisibilityArchivalNamespaceDefaults{State: config.ArchivalDisabled},
		}},
		Services: map[string]config.Service{},
	}
	for name, port := range s {
		c.Services[string(name)] = config.Service{RPC: config.RPC{GRPCPort: port, BindOnIP: host}}
	}
	return c
}

// uiConfig is the Web UI's configuration. It works without a network: no news, no
// look for new versions.
func uiConfig(o Options) *uiconfig.Config {
	config := &uiconfig.Config{
		Host:                host,
		Port:                o.UIPort,
		TemporalGRPCAddress: o.Address(),
		EnableUI:            true,
		DefaultNamespace:    Namespace,
		DisableNewsFetch:    true,
		NotifyOnNewVersion:  false,
		HideLogs:            true,
		// The page is plain HTTP on loopback; a "secure" cookie would not be sent.
		CORS: uiconfig.CORS{CookieInsecure: true},
	}
	if o.CodecEndpoint != "" {
		config.Codec = uiconfig.Codec{
			Endpoint: o.CodecEndpoint,
			// The browser proves with the session of whoever signed in at the codec
			// server that payloads may be shown.
			IncludeCredentials:  true,
			DefaultErrorMessage: "Sealed. Sign in at the codec server to read it, then load this page again.",
			DefaultErrorLink:    o.CodecEndpoint,
		}
	}
	return config
}
