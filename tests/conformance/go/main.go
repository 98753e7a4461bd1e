// Reads what Tacit writes, with code that its authors did not write: golang.org/x/mod as the Go distribution
// carries it, and Go's own Ed25519 and ML-DSA. The formats of acts are written from docs/reference/spec alone.
//
//	outsider archive FOLDER VKEY...   an archive, under these keys of its log and of witnesses
//	outsider cases                    cases on standard input, a list of JSON; whether each is accepted
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

func main() {
	answer, err := answerTo(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answer); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func answerTo(words []string) (any, error) {
	switch {
	case len(words) >= 3 && words[0] == "archive":
		return readArchive(words[1], words[2:])
	case len(words) == 1 && words[0] == "cases":
		return answerCases()
	}
	return nil, fmt.Errorf("usage: outsider archive FOLDER VKEY... | outsider cases")
}

func answerCases() ([]bool, error) {
	var cases []json.RawMessage
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		return nil, err
	}
	answers := []bool{}
	for _, each := range cases {
		accepted, err := judge(each)
		if err != nil {
			return nil, err
		}
		answers = append(answers, accepted)
	}
	return answers, nil
}
