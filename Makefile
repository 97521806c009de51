.PHONY: test campaign
test:
	go test ./...

# The long versions of what .ci/run samples.
campaign:
	go test -count=1 -timeout 60m -run TestKilled ./examples/quickstart -kills 500
	go test -count=1 -timeout 60m -run 'TestKilled$$' ./envelope -kills 500
	go test -count=1 -timeout 60m -run 'TestPowerCut$$' ./envelope -cuts 500
	CAMPAIGN=1 go test -count=1 -timeout 60m -run 'TestKill|TestCrash' ./store/postgres
	go test -count=15 -race -timeout 60m -run 'TestDriver|TestBlobs' ./store/memory ./store/sqlite ./store/dir ./store/s3 ./store/postgres
	go test -count=1 -timeout 60m ./internal/linear -histories 200
	.ci/fuzz 10m
	ROUNDS=1000 go test -count=1 -timeout 60m -run 'TestEightAtOnce|TestLastSignatureRaces' ./envelope
	CAMPAIGN=1 go test -count=1 -timeout 60m -run 'TestFaults|TestManyInstances' ./envelope
	mkdir -p tmp/updates
	ORACLE_OUT=$(CURDIR)/tmp/updates ORACLE_N=100000 go test -count=1 -timeout 60m -run TestRandomUpdates ./verify
	python3 .ci/oracle_judge.py tmp/updates
