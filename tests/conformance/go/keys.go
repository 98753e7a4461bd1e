package main

import (
	"crypto/ed25519"
	"crypto/mldsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Types of signature lines, as C2SP signed-note numbers them.
const (
	typeEd25519     = 0x01
	typeCosignature = 0x04
	typeMLDSA44     = 0x06
	timeBytes       = 8
)

// cosigner verifies the lines that x/mod does not know: those that name a time.
type cosigner struct {
	name   string
	hash   uint32
	verify func(text, signature []byte) bool
}

func (c *cosigner) Name() string                       { return c.name }
func (c *cosigner) KeyHash() uint32                    { return c.hash }
func (c *cosigner) Verify(text, signature []byte) bool { return c.verify(text, signature) }

// verifierFor reads a verifier key. Type 0x01 is x/mod's own; 0x04 and 0x06 are written here from tlog-cosignature.
func verifierFor(vkey string) (note.Verifier, error) {
	if found, err := note.NewVerifier(vkey); err == nil {
		return found, nil
	}
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("no verifier key")
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(raw) == 0 {
		return nil, errors.New("no verifier key")
	}
	digest := sha256.Sum256(append([]byte(parts[0]+"\n"), raw...))
	if fmt.Sprintf("%x", digest[:4]) != parts[1] {
		return nil, errors.New("the id is another")
	}
	verify, err := cosignatureVerify(parts[0], raw[0], raw[1:])
	return &cosigner{parts[0], binary.BigEndian.Uint32(digest[:4]), verify}, err
}

func cosignatureVerify(name string, kind byte, key []byte) (func(text, signature []byte) bool, error) {
	switch {
	case kind == typeCosignature && len(key) == ed25519.PublicKeySize:
		return func(text, signature []byte) bool {
			at, rest, ok := split(signature)
			message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", at, text)
			return ok && ed25519.Verify(key, []byte(message), rest)
		}, nil
	case kind == typeMLDSA44:
		public, err := mldsa.NewPublicKey(mldsa.MLDSA44(), key)
		if err != nil {
			return nil, err
		}
		return func(text, signature []byte) bool {
			at, rest, ok := split(signature)
			message, err := subtree(name, at, string(text))
			return ok && err == nil && mldsa.Verify(public, message, rest, nil) == nil
		}, nil
	}
	return nil, fmt.Errorf("type %#02x", kind)
}

// split parts the time from the signature. It is at most 2^63 - 1.
func split(signature []byte) (uint64, []byte, bool) {
	if len(signature) <= timeBytes {
		return 0, nil, false
	}
	at := binary.BigEndian.Uint64(signature)
	return at, signature[timeBytes:], at>>63 == 0
}

// subtree is what a signature of type 0x06 covers.
func subtree(name string, at uint64, text string) ([]byte, error) {
	found, err := readCheckpoint(text)
	if err != nil {
		return nil, err
	}
	message := append([]byte("subtree/v1\n\x00"), byte(len(name)))
	message = binary.BigEndian.AppendUint64(append(message, name...), at)
	message = append(append(message, byte(len(found.origin))), found.origin...)
	message = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(message, 0), uint64(found.tree.N))
	return append(message, found.tree.Hash[:]...), nil
}

// openNote opens a note with these keys, and says in their order which of them signed.
func openNote(raw []byte, vkeys []string) (*note.Note, []string, error) {
	verifiers := make([]note.Verifier, 0, len(vkeys))
	for _, vkey := range vkeys {
		verifier, err := verifierFor(vkey)
		if err != nil {
			return nil, nil, err
		}
		verifiers = append(verifiers, verifier)
	}
	opened, err := note.Open(raw, note.VerifierList(verifiers...))
	if err != nil {
		return nil, nil, err
	}
	names := []string{}
	for _, signed := range opened.Sigs {
		names = append(names, signed.Name+"+"+hex8(signed.Hash))
	}
	return opened, names, nil
}

func hex8(hash uint32) string {
	return fmt.Sprintf("%08s", strconv.FormatUint(uint64(hash), 16))
}
