# Everything a developer does with foxflow. "make" alone lists it.

GO      ?= go
BIN     := $(CURDIR)/bin
# One set of flags for whatever compiles the server's packages: the build, vet,
# lint and tests of dev/ share one cache, and it takes minutes to fill.
# The tag leaves out 136 packages of a cloud store's client, which archives alone use.
DEV_FLAGS := -trimpath -tags=disable_grpc_modules
STATE := $(or $(FOXFLOW_STATE_DIR),.foxflow)
PROGRESS := dev/with-progress.sh
PROGRAMS := ./worker ./starter ./codec ./simulator/cmd/simulator ./demo
# A PostgreSQL for the tests of dev/: no part of what is deployed.
TEST_PROGRAMS := ./internal/testpostgres

# Which source the programs say that they are made from (--version). Without git: give it,
# or they say that it is not known.
COMMIT ?= $(shell git describe --always --abbrev=40 --exclude '*' --dirty 2>/dev/null)
LDFLAGS := -X foxflow/internal/version.commit=$(COMMIT)

# With a server of your own nothing heavy is built, and none for the demo where the
# temporal command is installed: it holds a server. A state folder keeps the server that
# its orders began on.
ifeq ($(strip $(TEMPORAL_ADDRESS)),)
SERVER := foxflow-dev
TEMPORAL_COMMAND := $(if $(or $(filter-out 0,$(EMBEDDED)),$(wildcard $(STATE)/temporal.db)),,$(shell command -v temporal 2>/dev/null))
endif
DEMO_SERVER := $(if $(TEMPORAL_COMMAND),,$(SERVER))
DEMO_FLAGS := $(if $(TEMPORAL_COMMAND),--temporal-command '$(TEMPORAL_COMMAND)')
SAY_SERVER := $(if $(TEMPORAL_COMMAND),@echo 'Temporal is $(TEMPORAL_COMMAND) server start-dev; EMBEDDED=1 builds our own instead.')

# The race detector needs a C compiler; without one the tests run without it. It looks at
# everything but SQLite: that is C made into Go, none of it ours, and most of the time went there.
RACE := $(shell [ "$$($(GO) env CGO_ENABLED)" = 1 ] && command -v $$($(GO) env CC) >/dev/null 2>&1 && echo -race -gcflags=modernc.org/...=-race=false)

# Modules of the bench: the harness, and each neighbour with what it links.
BENCH := bench bench/script bench/naive bench/dbos

# Rooms whose tests pass days of virtual time, and rooms in which nothing runs beside anything else.
VIRTUAL := ./workflows ./internal/watch
ALONE := ./life ./order

.PHONY: help build programs foxflow-dev temporal-programs images secrets demo dev temporal simulator check test verify stories compose hosts-program storm bench bench-programs fuzz lint vulncheck licences reproducible histories screenshots picture docs man tools clean

help:
	@echo 'make demo        the whole stack and a story of seven orders (ONCE=1: end after it)'
	@echo 'make dev         the stack: Temporal, Web UI, simulator, one worker'
	@echo 'make temporal    Temporal and its Web UI alone: bring your own worker'
	@echo 'make simulator   the simulator alone'
	@echo 'make build       bin/worker, bin/starter, bin/codec, bin/simulator, bin/foxflow-dev'
	@echo 'make test        proves foxflow here: unit, model check, replay, real processes, a browser (10 min)'
	@echo 'make check       the tests of the root module alone (2 min)'
	@echo 'make verify      all that CI runs: the above, lint, and everything below that ends by itself'
	@echo 'make stories     the end-to-end stories that make test leaves out, and two short storms'
	@echo 'make images      the images that docker-compose.yml names, made here, without a registry'
	@echo 'make compose     docker-compose.yml, run by this machine'"'"'s Docker engine'
	@echo 'make secrets     secrets/ and .env for docker compose'
	@echo 'make storm       the long storm: 1,000 orders (ORDERS=, SEED=, LEDGER=postgres) under every fault, and a judge'
	@echo '                 (HOSTS=1: 300 orders, in containers that lose each other)'
	@echo 'make bench       foxflow beside its neighbours, measured (25 min; QUICK=1, ONLY=saturated,crowd, JSON=, PICTURE=)'
	@echo 'make fuzz        every fuzz test with some inputs (FUZZTIME=5000x, or 30s)'
	@echo 'make lint        gofmt, go vet, golangci-lint, workflowcheck'
	@echo 'make vulncheck   known vulnerabilities that our code reaches (GOVULNDB=; OFFLINE=ok)'
	@echo 'make licences    what the programs link, and its licences (DEV=1: the server too)'
	@echo 'make reproducible builds twice, elsewhere, and compares (FRESH=1: from nothing)'
	@echo 'make histories   records workflow histories for the replay tests'
	@echo 'make docs        the tables in docs/ that are made of the code'
	@echo 'make man         man pages of the starter in bin/man'
	@echo 'make screenshots the Web UI pictures in docs/ (FOXFLOW_SCREENSHOTS=folder)'
	@echo 'make picture     docs/demo.svg, of a run of make demo'
	@echo 'make clean       remove bin/ (state under .foxflow/ stays)'
	@echo
	@echo 'Settings: TEMPORAL_PORT, UI_PORT, SIMULATOR_PORT, CODEC_PORT, FOXFLOW_STATE_DIR;'
	@echo 'TEMPORAL_ADDRESS uses a Temporal server that runs already. Where the temporal command is'
	@echo 'installed, demo and dev run its server; EMBEDDED=1 builds our own.'

build: programs foxflow-dev

# The same source, the same COMMIT and the same Go give the same bytes, whatever the
# folder, with git or without, with a C compiler or without.
programs:
	@CGO_ENABLED=0 $(PROGRESS) 'Building worker, starter, codec server and simulator. The first time this takes a few minutes.' \
		$(GO) build -v -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o $(BIN)/ $(PROGRAMS) $(TEST_PROGRAMS)

foxflow-dev:
	@$(PROGRESS) 'Building the Temporal server and its Web UI: 5 to 10 minutes the first time (about 1,650 packages), seconds later.' \
		$(GO) build -C dev -v $(DEV_FLAGS) -ldflags '-s -w -X main.commit=$(COMMIT)' -o $(BIN)/foxflow-dev ./cmd/foxflow-dev

# What the images of Temporal hold, as programs. The source of Temporal's own is in
# dev/go.mod's versions and nowhere else.
TEMPORAL := $(addprefix $(BIN)/temporal/,temporal-server temporal-sql-tool ui-server temporal)
temporal-programs: $(TEMPORAL)

$(BIN)/temporal/temporal-server: PACKAGE := go.temporal.io/server/cmd/server
$(BIN)/temporal/temporal-sql-tool: PACKAGE := go.temporal.io/server/cmd/tools/sql
$(BIN)/temporal/ui-server: PACKAGE := github.com/temporalio/ui-server/v2/cmd/server
$(BIN)/temporal/temporal: PACKAGE := ./images/temporal
$(BIN)/temporal/temporal: dev/images/temporal/main.go

$(BIN)/temporal/%: dev/go.mod
	@$(PROGRESS) 'Building $*, a program of Temporal. Most of its packages are those of foxflow-dev.' \
		$(GO) build -C dev -v $(DEV_FLAGS) -ldflags '-s -w' -o $@ $(PACKAGE)
	@touch $@

# Docker Compose in the version of tools/compose/go.mod, whatever this machine has.
$(BIN)/docker-compose: PACKAGE := github.com/docker/compose/v2
$(BIN)/docker-compose: tools/compose/go.mod
	@$(PROGRESS) 'Building Docker Compose. The first time this takes a few minutes.' \
		env CGO_ENABLED=0 $(GO) build -C tools/compose -v -trimpath \
		-ldflags "-s -w -X $(PACKAGE)/internal.Version=$$($(GO) list -C tools/compose -m -f '{{.Version}}' $(PACKAGE))" -o $@ $(PACKAGE)/cmd
	@touch $@

# An image for each name in docker-compose.yml and the Dockerfile, without a registry.
images: $(BIN)/docker-compose $(TEMPORAL)
	@COMPOSE=$(BIN)/docker-compose PROGRAMS=$(BIN)/temporal dev/images/make.sh

# What docker-compose.yml reads: passwords, keys and tokens as files.
secrets: programs
	@STARTER=$(BIN)/starter deploy/secrets.sh

demo: programs $(DEMO_SERVER)
	$(SAY_SERVER)
	@$(BIN)/demo $(DEMO_FLAGS) --story $(if $(filter-out 0,$(ONCE)),--once)

dev: programs $(DEMO_SERVER)
	$(SAY_SERVER)
	@$(BIN)/demo $(DEMO_FLAGS)

temporal: foxflow-dev
	@$(BIN)/foxflow-dev temporal --port $(or $(TEMPORAL_PORT),7233) --ui-port $(or $(UI_PORT),8233) \
		--state-dir "$(STATE)"

simulator: programs
	@mkdir -p "$(STATE)"
	@$(BIN)/simulator --listen 127.0.0.1:$(or $(SIMULATOR_PORT),8099) --state "$(STATE)/simulator.state"

# What a developer runs all day. With -short the model check is a small one, and the
# property tests draw a fifth of their scripts. The stories of workflows and watcher pass days
# of virtual time, which takes minutes with the detector: "make verify" has it look at them. The
# life of an order and its words have nothing for it to look at.
check:
	$(if $(RACE),,@echo 'No C compiler found: tests run without the race detector.')
	$(GO) test $(RACE) -short -parallel 4 -timeout 15m $$($(GO) list ./... | grep -vxF "$$($(GO) list $(VIRTUAL) $(ALONE))")
	$(GO) test -short -parallel 4 -timeout 15m $(VIRTUAL) $(ALONE)

# What proves foxflow on this machine: the above, the whole model check, all scripts, and
# real processes. With -short a part of the stories.
test: check programs $(SERVER)
	$(GO) test -run '^TestWalk$$|^TestProperty|^TestRandomMarkets$$' ./life ./ledger ./workflows ./internal/desk
	cd dev && FOXFLOW_BIN=$(BIN) $(GO) test $(DEV_FLAGS) -short -parallel 6 -count=1 -timeout 30m ./e2e/ ./storm/ ./loopback/ ./wire/ ./clock/

# All that CI runs. TESTED=1: "make test" has just run.
verify: $(if $(filter-out 0,$(TESTED)),,test) lint stories compose licences reproducible vulncheck fuzz
	$(if $(RACE),$(GO) test $(RACE) -short -timeout 30m $(VIRTUAL))
	$(GO) test -C tools ./...
	$(GO) test -C bench ./...

# The end-to-end stories that "make test" leaves out, and two short storms.
stories: programs $(SERVER)
	cd dev && FOXFLOW_BIN=$(BIN) $(GO) test $(DEV_FLAGS) -parallel 6 -count=1 -timeout 60m ./e2e/ -rest

# docker-compose.yml and the Dockerfile, run by a real engine, where there is one; then a
# short storm over hosts that lose each other.
compose: programs hosts-program $(SERVER)
	@if docker info >/dev/null 2>&1; then $(MAKE) --no-print-directory images; fi
	cd dev && FOXFLOW_BIN=$(BIN) $(GO) test $(DEV_FLAGS) -count=1 -timeout 30m ./compose/...

# What the storm's hosts are given: their wire, and whatever sets a clock.
hosts-program:
	@CGO_ENABLED=0 $(GO) build -C dev -trimpath -o $(BIN)/ ./cmd/foxflow-hosts

HOSTS_STORM := $(filter-out 0,$(HOSTS))
storm: programs $(if $(HOSTS_STORM),hosts-program images,foxflow-dev)
	cd dev && FOXFLOW_BIN=$(BIN) FOXFLOW_STORM_ORDERS=$(or $(ORDERS),$(if $(HOSTS_STORM),300,1000)) FOXFLOW_STORM_SEED=$(or $(SEED),1) \
		$(GO) test $(DEV_FLAGS) -count=1 -v -timeout 60m -run '^TestStorm$(if $(HOSTS_STORM),OnHosts,$(if $(filter postgres,$(LEDGER)),OnPostgres))$$' \
		$(if $(HOSTS_STORM),./compose/,./e2e/)

# What each order costs, beside a plain script, a naive workflow and DBOS: docs/bench.md. The
# neighbours are modules of their own, and link what they need alone.
bench: programs foxflow-dev temporal-programs bench-programs
	@$(BIN)/bench/bench -root $(CURDIR) -bin $(BIN) $(if $(filter-out 0,$(QUICK)),-quick) $(if $(ONLY),-only $(ONLY)) \
		$(if $(JSON),-json $(JSON)) $(if $(PICTURE),-picture $(PICTURE))

bench-programs:
	@$(GO) build -C bench -trimpath -o $(BIN)/bench/ . ./shop
	@for module in $(filter-out bench,$(BENCH)); do $(GO) build -C $$module -trimpath -o $(BIN)/bench/ . || exit 1; done

fuzz:
	GO=$(GO) tools/fuzz.sh $(or $(FUZZTIME),5000x)

# In dev/ golangci-lint's govet looks at the packages that link the server: "go vet"
# would analyse its 1,650 packages once more, for minutes.
lint: tools
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || { echo "not formatted (run gofmt -w):"; echo "$$unformatted"; exit 1; }
	$(GO) vet ./...
	cd dev && $(GO) vet $(DEV_FLAGS) ./e2e/... ./stage/... ./storm/... ./loopback/... ./wire/... ./clock/... ./compose/... ./cmd/foxflow-hosts/...
	$(GO) vet -C tools ./...
	@for module in $(BENCH); do $(GO) vet -C $$module ./... || exit 1; done
	$(BIN)/tools/golangci-lint run --allow-parallel-runners ./...
	cd dev && GOFLAGS='$(DEV_FLAGS)' $(BIN)/tools/golangci-lint run --allow-parallel-runners ./...
	cd tools && $(BIN)/tools/golangci-lint run --allow-parallel-runners ./...
	@for module in $(BENCH); do (cd $$module && $(BIN)/tools/golangci-lint run --allow-parallel-runners ./...) || exit 1; done
	$(BIN)/tools/workflowcheck -config workflowcheck.yml ./workflows/...

# Status 2 and a line that says so when there is no database to look into; OFFLINE=ok
# leaves it at the line.
vulncheck:
	@$(PROGRESS) 'Building govulncheck.' $(GO) build -C tools -v -o $(BIN)/tools/ golang.org/x/vuln/cmd/govulncheck
	@VULNCHECK_OFFLINE=$(OFFLINE) tools/vulncheck.sh

licences:
	@$(PROGRESS) 'Building licences.' $(GO) build -C tools -v -o $(BIN)/tools/ ./licences
	@$(BIN)/tools/licences $(PROGRAMS)
	@for module in $(BENCH); do echo && echo "$$module, which measures:" && (cd $$module && $(BIN)/tools/licences .) || exit 1; done
ifneq ($(filter-out 0,$(DEV)),)
	@echo && echo 'The embedded server, which is for development:' && cd dev && GOFLAGS='$(DEV_FLAGS)' $(BIN)/tools/licences ./cmd/foxflow-dev
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

# The demo in a terminal, as README shows it: drawn of what a real run prints.
picture: programs $(SERVER)
	@$(BIN)/demo --story --once >$(BIN)/demo.txt
	@$(GO) run -C tools ./picture -until '2. ' -root $(CURDIR) <$(BIN)/demo.txt >docs/demo.svg && ls -l docs/demo.svg

# The tables in pages that are made of the code.
docs:
	@FOXFLOW_DOCS=1 $(GO) test -count=1 -run 'Page|README' ./starter ./internal/settings ./internal/metrics ./demo ./simulator && git diff --stat -- docs simulator/README.md

man:
	@mkdir -p $(BIN)/man
	@FOXFLOW_MAN=$(BIN)/man $(GO) test ./starter -count=1 -run '^TestManPages$$' >/dev/null && ls $(BIN)/man

# What the README shows. Look at the pictures before you commit them.
screenshots: programs foxflow-dev
	cd dev && FOXFLOW_BIN=$(BIN) FOXFLOW_SCREENSHOTS=$(or $(FOXFLOW_SCREENSHOTS),$(CURDIR)/docs) CI=true \
		$(GO) test $(DEV_FLAGS) -count=1 -run '^TestWebUITellsTheStory$$' ./e2e/

clean:
	rm -rf $(BIN)
