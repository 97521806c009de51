.DEFAULT_GOAL := help
.PHONY: help test lint race fuzz bench witness campaign

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-16s%s\n", $$1, $$2 }'
	@echo '  .ci/run -list   the parts of everything that must hold before a change lands'

test: ## all tests, three to five minutes
	go test ./...

lint: ## gofmt, go vet, staticcheck, golangci-lint
	.ci/run lint

race: ## the shorter tests with the race detector
	go test -race -short ./...

fuzz: ## every fuzz target, seven minutes together
	.ci/fuzz all 400

bench: ## the benchmarks, short
	.ci/run bench

witness: ## other libraries read and rival what this one makes
	.ci/run witness

# The long versions of what .ci/run samples. It wants versitygw and postgresql, and
# pyhanko for the python3 in PATH, as .ci/needs installs them.
campaign: ## the long versions of what .ci/run samples, hours
	go test -count=1 -timeout 60m -run TestKilled ./examples/quickstart -kills 500
	go test -count=1 -timeout 60m -run 'TestKilled$$' ./envelope -kills 500
	go test -count=1 -timeout 60m -run 'TestPowerCut$$' ./envelope -cuts 500
	CAMPAIGN=1 go test -count=1 -timeout 60m -run 'TestKill|TestCrash|TestNewColumn' ./store/postgres
	go test -count=15 -race -timeout 60m -run 'TestDriver|TestBlobs|TestDurable' ./store/memory ./store/sqlite ./store/dir ./store/s3 ./store/postgres
	go test -count=1 -timeout 60m ./internal/test/linear -histories 200
	.ci/fuzz 10m
	ROUNDS=1000 go test -count=1 -timeout 60m -run 'TestT20EightAtOnce|TestT14LastSignatureRaces' ./envelope
	CAMPAIGN=1 go test -count=1 -timeout 60m -run 'TestT21Faults|TestManyInstances' ./envelope
	go test -count=1 -timeout 90m -run 'TestStorm$$' ./envelope -storm 1h
	CAMPAIGN=1 go test -count=1 -timeout 60m -run TestFlips ./verify
	CAMPAIGN=1 go test -count=1 -timeout 60m -run TestOutsideRenderers ./seal
	mkdir -p tmp/updates
	ORACLE_OUT=$(CURDIR)/tmp/updates ORACLE_N=100000 go test -count=1 -timeout 60m -run TestRandomUpdates ./verify
	python3 .ci/oracle_judge.py tmp/updates
	READERS_N=20000 STRANGE=500000 STRANGE_MOST=0 .ci/run five
