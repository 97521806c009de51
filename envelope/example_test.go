package envelope_test

import (
	"fmt"
	"time"

	"github.com/dajiaqian/dajiaqian/envelope"
	"github.com/dajiaqian/dajiaqian/org"
)

// Decide is the whole life of an envelope without a store: what a command does to
// a state, and why it may not.
func ExampleDecide() {
	e := envelope.Envelope{Status: envelope.InProgress, Parties: []envelope.Party{
		{Name: "李娜", Stage: 0, State: envelope.Active}, {Name: "王小明", Stage: 1, State: envelope.Waiting}}}
	_, err := envelope.Decide(&e, envelope.Decline{Party: 2}, time.Now())
	fmt.Println(err, org.Zh(err))
	evs, err := envelope.Decide(&e, envelope.Decline{Party: 1, Reason: "条款有误"}, time.Now())
	fmt.Println(evs[0].Kind, err)
	// Output:
	// envelope: it is not this party's turn 尚未轮到您签署
	// declined <nil>
}
