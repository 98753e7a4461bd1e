package main

import (
	"encoding/json"
	"errors"

	"golang.org/x/mod/sumdb/tlog"
)

// octets are the bytes of a vector (protocol/vectors/README.md).
type octets struct {
	UTF8   *string `json:"utf8"`
	Base64 []byte  `json:"base64"`
}

func (o octets) raw() []byte {
	if o.UTF8 != nil {
		return []byte(*o.UTF8)
	}
	return o.Base64
}

// question is the input of a vector, of those kinds that are judged here.
type question struct {
	Read     string      `json:"read"`
	Index    int64       `json:"index"`
	Size     int64       `json:"size"`
	Leaf     tlog.Hash   `json:"leaf"`
	Root     tlog.Hash   `json:"root"`
	Proof    []tlog.Hash `json:"proof"`
	Old      int64       `json:"old"`
	OldRoot  tlog.Hash   `json:"old_root"`
	New      int64       `json:"new"`
	NewRoot  tlog.Hash   `json:"new_root"`
	Vkeys    []string    `json:"vkeys"`
	Octets   octets      `json:"octets"`
	Signers  []octets    `json:"signers"`
	Envelope octets      `json:"envelope"`
}

// judge says whether a case is accepted. What cannot be read into hashes of 32 octets is refused, too.
func judge(raw json.RawMessage) (bool, error) {
	var asked question
	if err := json.Unmarshal(raw, &asked); err != nil {
		return false, nil
	}
	switch asked.Read {
	case "inclusion":
		return tlog.CheckRecord(asked.Proof, asked.Size, asked.Root, asked.Index, asked.Leaf) == nil, nil
	case "consistency":
		return tlog.CheckTree(asked.Proof, asked.New, asked.NewRoot, asked.Old, asked.OldRoot) == nil, nil
	case "signed_note":
		_, _, err := openNote(asked.Octets.raw(), asked.Vkeys)
		return err == nil, nil
	case "signatures":
		return asked.signatures() == nil, nil
	}
	return false, errors.New("not judged here: " + asked.Read)
}

func (q question) signatures() error {
	keys := []key{}
	for _, signer := range q.Signers {
		var set keySet
		if err := json.Unmarshal(signer.raw(), &set); err != nil {
			return err
		}
		keys = append(keys, set.Keys...)
	}
	var held envelope
	if err := json.Unmarshal(q.Envelope.raw(), &held); err != nil {
		return err
	}
	payload, err := payloadOf(held)
	if err != nil {
		return err
	}
	return signedBy(keys, held, pae(held.PayloadType, payload), map[string]int{})
}
