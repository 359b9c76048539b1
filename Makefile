# Everything a developer does with foxflow. "make" alone lists it.

GO      ?= go
BIN     := $(CURDIR)/bin
# One set of flags for whatever compiles the server's packages: the build, vet,
# lint and tests of dev/ share one cache, and it takes minutes to fill.
DEV_FLAGS := -trimpath
STATE := $(or $(FOXFLOW_STATE_DIR),.foxflow)
PROGRESS := dev/with-progress.sh
PROGRAMS := ./worker ./starter ./codec/cmd/codec ./simulator/cmd/simulator ./demo
# A PostgreSQL for the tests of dev/: no part of what is deployed.
TEST_PROGRAMS := ./ledger/ledgertest/cmd/testpostgres

# Which source the programs say that they are made from (--version). Without git: give it,
# or they say that it is not known.
COMMIT ?= $(shell git describe --always --abbrev=40 --exclude '*' --dirty 2>/dev/null)
LDFLAGS := -X foxflow/internal/version.commit=$(COMMIT)

# With a server of your own nothing heavy is built.
ifeq ($(strip $(TEMPORAL_ADDRESS)),)
SERVER := foxflow-dev
CLUSTER := temporal-programs
endif

# The race detector needs a C compiler; without one the tests run without it.
RACE := $(shell [ "$$($(GO) env CGO_ENABLED)" = 1 ] && command -v $$($(GO) env CC) >/dev/null 2>&1 && echo -race)

.PHONY: help build programs foxflow-dev temporal-programs secrets demo dev temporal simulator test storm fuzz lint vulncheck licences reproducible histories screenshots man tools clean

help:
	@echo 'make demo        the whole stack and a story of seven orders (ONCE=1: end after it)'
	@echo 'make dev         the stack: Temporal, Web UI, simulator, one worker'
	@echo 'make temporal    Temporal and its Web UI alone: bring your own worker'
	@echo 'make simulator   the simulator alone'
	@echo 'make build       bin/worker, bin/starter, bin/codec, bin/simulator, bin/foxflow-dev'
	@echo 'make test        every test of all modules'
	@echo 'make secrets     secrets/ and .env for docker compose'
	@echo 'make storm       the long storm: 1,000 orders (ORDERS=, SEED=, LEDGER=postgres) under every fault, and a judge'
	@echo 'make fuzz        every fuzz test with some inputs (FUZZTIME=5000x, or 30s)'
	@echo 'make lint        gofmt, go vet, golangci-lint, workflowcheck'
	@echo 'make vulncheck   known vulnerabilities that our code reaches (GOVULNDB=; OFFLINE=ok)'
	@echo 'make licences    what the programs link, and its licences (DEV=1: the server too)'
	@echo 'make reproducible builds twice, elsewhere, and compares (FRESH=1: from nothing)'
	@echo 'make histories   records workflow histories for the replay tests'
	@echo 'make man         man pages of the starter in bin/man'
	@echo 'make screenshots the Web UI pictures in docs/ (FOXFLOW_SCREENSHOTS=folder)'
	@echo 'make clean       remove bin/ (state under .foxflow/ stays)'
	@echo
	@echo 'Settings: TEMPORAL_PORT, UI_PORT, SIMULATOR_PORT, CODEC_PORT, FOXFLOW_STATE_DIR;'
	@echo 'TEMPORAL_ADDRESS uses a Temporal server that runs already.'

build: programs foxflow-dev

# The same source, the same COMMIT and the same Go give the same bytes, whatever the
# folder, with git or without, with a C compiler or without.
programs:
	@CGO_ENABLED=0 $(PROGRESS) 'Building worker, starter, codec server and simulator. The first time this takes a few minutes.' \
		$(GO) build -v -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o $(BIN)/ $(PROGRAMS) $(TEST_PROGRAMS)

foxflow-dev:
	@$(PROGRESS) 'Building the Temporal server and its Web UI: 5 to 10 minutes the first time (about 1,800 packages), seconds later.' \
		$(GO) build -C dev -v $(DEV_FLAGS) -ldflags '-s -w -X main.commit=$(COMMIT)' -o $(BIN)/foxflow-dev ./cmd/foxflow-dev

# What the images of Temporal hold, as programs: the compose file's graph is run with
# them where there is no Docker.
temporal-programs: $(addprefix $(BIN)/temporal/,temporal-server temporal-sql-tool ui-server)

$(BIN)/temporal/temporal-server: PACKAGE := go.temporal.io/server/cmd/server
$(BIN)/temporal/temporal-sql-tool: PACKAGE := go.temporal.io/server/cmd/tools/sql
$(BIN)/temporal/ui-server: PACKAGE := github.com/temporalio/ui-server/v2/cmd/server

# Their source is in dev/go.mod's versions and nowhere else.
$(BIN)/temporal/%: dev/go.mod
	@$(PROGRESS) 'Building $*, a program of Temporal. Most of its packages are those of foxflow-dev.' \
		$(GO) build -C dev -v $(DEV_FLAGS) -ldflags '-s -w' -o $@ $(PACKAGE)
	@touch $@

# What docker-compose.yml reads: passwords, keys and tokens as files.
secrets: programs
	@STARTER=$(BIN)/starter deploy/secrets.sh

demo: programs $(SERVER)
	@$(BIN)/demo --story $(if $(filter-out 0,$(ONCE)),--once)

dev: programs $(SERVER)
	@$(BIN)/demo

temporal: foxflow-dev
	@$(BIN)/foxflow-dev temporal --port $(or $(TEMPORAL_PORT),7233) --ui-port $(or $(UI_PORT),8233) \
		--state-dir "$(STATE)"

simulator: programs
	@mkdir -p "$(STATE)"
	@$(BIN)/simulator --listen 127.0.0.1:$(or $(SIMULATOR_PORT),8099) --state "$(STATE)/simulator.state"

test: programs $(SERVER) $(CLUSTER)
	$(if $(RACE),,@echo 'No C compiler found: tests run without the race detector.')
	$(GO) test $(RACE) -timeout 30m ./...
	cd dev && FOXFLOW_BIN=$(BIN) $(GO) test $(DEV_FLAGS) -count=1 -timeout 60m ./e2e/... ./loopback/...
	cd dev && FOXFLOW_BIN=$(BIN) $(GO) test $(DEV_FLAGS) -count=1 -timeout 30m ./compose/...
	$(GO) test -C tools ./...

storm: programs foxflow-dev
	cd dev && FOXFLOW_BIN=$(BIN) FOXFLOW_STORM_ORDERS=$(or $(ORDERS),1000) FOXFLOW_STORM_SEED=$(or $(SEED),1) \
		$(GO) test $(DEV_FLAGS) -count=1 -v -timeout 60m -run '^TestStorm$(if $(filter postgres,$(LEDGER)),OnPostgres)$$' ./e2e/

fuzz:
	GO=$(GO) tools/fuzz.sh $(or $(FUZZTIME),5000x)

# In dev/ golangci-lint's govet looks at the packages that link the server: "go vet"
# would analyse its 1,800 packages once more, for minutes.
lint: tools
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || { echo "not formatted (run gofmt -w):"; echo "$$unformatted"; exit 1; }
	$(GO) vet ./...
	cd dev && $(GO) vet $(DEV_FLAGS) ./e2e/... ./loopback/... ./compose/...
	$(GO) vet -C tools ./...
	$(BIN)/tools/golangci-lint run --allow-parallel-runners ./...
	cd dev && GOFLAGS=$(DEV_FLAGS) $(BIN)/tools/golangci-lint run --allow-parallel-runners ./...
	cd tools && $(BIN)/tools/golangci-lint run --allow-parallel-runners ./...
	$(BIN)/tools/workflowcheck -config workflowcheck.yml ./workflows/...

# Status 2 and a line that says so when there is no database to look into; OFFLINE=ok
# leaves it at the line.
vulncheck:
	@$(PROGRESS) 'Building govulncheck.' $(GO) build -C tools -v -o $(BIN)/tools/ golang.org/x/vuln/cmd/govulncheck
	@VULNCHECK_OFFLINE=$(OFFLINE) tools/vulncheck.sh

licences:
	@$(PROGRESS) 'Building licences.' $(GO) build -C tools -v -o $(BIN)/tools/ ./licences
	@$(BIN)/tools/licences $(PROGRAMS)
ifneq ($(filter-out 0,$(DEV)),)
	@echo && echo 'The embedded server, which is for development:' && cd dev && $(BIN)/tools/licences ./cmd/foxflow-dev
endif

reproducible:
	@GO=$(GO) tools/reproducible.sh

tools:
	@$(PROGRESS) 'Building golangci-lint, workflowcheck and govulncheck. The first time this takes a few minutes.' \
		$(GO) build -C tools -v -o $(BIN)/tools/ tool

# Histories for the replay tests. Run it on the code that is deployed, before the
# change that they are to guard against.
histories: programs $(SERVER)
	cd dev && FOXFLOW_BIN=$(BIN) FOXFLOW_RECORD=$(CURDIR)/workflows/testdata/histories \
		$(GO) test $(DEV_FLAGS) -count=1 -timeout 30m -run TestRecordHistories ./e2e/

man:
	@mkdir -p $(BIN)/man
	@FOXFLOW_MAN=$(BIN)/man $(GO) test ./starter -count=1 -run '^TestManPages$$' >/dev/null && ls $(BIN)/man

# What the README shows. Look at the pictures before you commit them.
screenshots: programs foxflow-dev
	cd dev && FOXFLOW_BIN=$(BIN) FOXFLOW_SCREENSHOTS=$(or $(FOXFLOW_SCREENSHOTS),$(CURDIR)/docs) CI=true \
		$(GO) test $(DEV_FLAGS) -count=1 -run '^TestWebUITellsTheStory$$' ./e2e/

clean:
	rm -rf $(BIN)
