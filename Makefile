.PHONY: test campaign
test:
	go test ./...

# The long versions of what .ci/run samples.
campaign:
	go test -count=1 -timeout 60m -run TestKilled ./examples/quickstart -kills 500
	.ci/fuzz 10m
