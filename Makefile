.PHONY: test campaign
test:
	go test ./...

# The long versions of what .ci/run samples. It wants versitygw and postgresql, and
# pyhanko for the python3 in PATH, as .ci/run installs them.
campaign:
	go test -count=1 -timeout 60m -run TestKilled ./examples/quickstart -kills 500
	go test -count=1 -timeout 60m -run 'TestKilled$$' ./envelope -kills 500
	go test -count=1 -timeout 60m -run 'TestPowerCut$$' ./envelope -cuts 500
	CAMPAIGN=1 go test -count=1 -timeout 60m -run 'TestKill|TestCrash|TestNewColumn' ./store/postgres
	go test -count=15 -race -timeout 60m -run 'TestDriver|TestBlobs|TestDurable' ./store/memory ./store/sqlite ./store/dir ./store/s3 ./store/postgres
	go test -count=1 -timeout 60m ./internal/test/linear -histories 200
	.ci/fuzz 10m
	ROUNDS=1000 go test -count=1 -timeout 60m -run 'TestEightAtOnce|TestLastSignatureRaces' ./envelope
	CAMPAIGN=1 go test -count=1 -timeout 60m -run 'TestFaults|TestManyInstances' ./envelope
	CAMPAIGN=1 go test -count=1 -timeout 60m -run TestFlips ./verify
	CAMPAIGN=1 go test -count=1 -timeout 60m -run TestOutsideRenderers ./seal
	mkdir -p tmp/updates
	ORACLE_OUT=$(CURDIR)/tmp/updates ORACLE_N=100000 go test -count=1 -timeout 60m -run TestRandomUpdates ./verify
	python3 .ci/oracle_judge.py tmp/updates
