package main

import (
	"crypto/ed25519"
	"crypto/mldsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const actType = "application/vnd.tacit.act.v1+json"

type key struct {
	Purpose   string `json:"purpose"`
	Algorithm string `json:"algorithm"`
	Key       string `json:"key"`
}

type keySet struct {
	Keys []key `json:"keys"`
}

type envelope struct {
	Payload     string `json:"payload"`
	PayloadType string `json:"payloadType"`
	Signatures  []struct {
		KeyID string `json:"keyid"`
		Sig   []byte `json:"sig"`
	} `json:"signatures"`
}

type act struct {
	Header struct {
		Credential string  `json:"credential"`
		Releaser   *string `json:"releaser"`
	} `json:"header"`
	Content struct {
		Type     string   `json:"type"`
		Root     []key    `json:"root"`
		Keys     []key    `json:"keys"`
		Services []keySet `json:"services"`
		Founders []struct {
			Root string `json:"root"`
		} `json:"founders"`
	} `json:"content"`
}

type leaf struct {
	Act      string `json:"act"`
	Envelope string `json:"envelope"`
}

func sha(data []byte) string {
	digest := sha256.Sum256(data)
	return hex.EncodeToString(digest[:])
}

// encoded is the one encoding of a value: fields in their order, no space. Base64 has nothing that Go would escape.
func encoded(value any) []byte {
	raw, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return raw
}

// pae is what every signature covers (DSSE protocol, section PAE).
func pae(kind string, payload []byte) []byte {
	return fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(kind), kind, len(payload), payload)
}

// directory has the keys that the record has named so far, by the credential that they are. A founder is in it
// without keys from the charter on, and brings them when it accepts: they are those of which the charter has the hash.
type directory map[string][]key

func (d directory) add(keys []key) {
	d[sha(encoded(keySet{keys}))] = keys
}

// claim takes the keys that an act of foundation brings itself, if they are those that were named.
func (d directory) claim(said act) {
	_, named := d[said.Header.Credential]
	charter := said.Content.Type == "charter.deposited.v1" && len(d) == 0
	if charter || said.Content.Type == "charter.accepted.v1" && named {
		d.add(said.Content.Root)
	}
}

func (d directory) learn(said act) {
	for _, founder := range said.Content.Founders {
		d[founder.Root] = nil
	}
	for _, service := range said.Content.Services {
		d.add(service.Keys)
	}
	if said.Content.Type == "credential.enrolled.v1" {
		d.add(said.Content.Keys)
	}
}

// verify checks that an envelope is signed by each key of the credential that its act names.
func (d directory) verify(raw []byte, counted map[string]int) (string, error) {
	var held envelope
	if err := json.Unmarshal(raw, &held); err != nil {
		return "", err
	}
	payload, err := payloadOf(held)
	if err != nil {
		return "", err
	}
	var said act
	if err := json.Unmarshal(payload, &said); err != nil {
		return "", err
	}
	d.claim(said)
	keys := d[said.Header.Credential]
	if said.Header.Releaser != nil {
		keys = append(keys[:len(keys):len(keys)], d[*said.Header.Releaser]...)
	}
	message := pae(actType, payload)
	if err := signedBy(keys, held, message, counted); err != nil {
		return "", err
	}
	d.learn(said)
	return sha(message), nil
}

func payloadOf(held envelope) ([]byte, error) {
	if held.PayloadType != actType {
		return nil, errors.New("no envelope of an act")
	}
	return base64.StdEncoding.Strict().DecodeString(held.Payload)
}

func signedBy(keys []key, held envelope, message []byte, counted map[string]int) error {
	if len(keys) == 0 || len(keys) != len(held.Signatures) {
		return fmt.Errorf("%d signatures for %d keys", len(held.Signatures), len(keys))
	}
	for i, signature := range held.Signatures {
		if signature.KeyID != sha(encoded(keys[i]))[:16] {
			return errors.New("signed by another key")
		}
		if !valid(keys[i], message, signature.Sig) {
			return fmt.Errorf("the signature of type %s does not verify", keys[i].Algorithm)
		}
		counted[keys[i].Algorithm]++
	}
	return nil
}

func valid(by key, message, signature []byte) bool {
	raw, err := base64.StdEncoding.Strict().DecodeString(by.Key)
	if err != nil {
		return false
	}
	switch by.Algorithm {
	case "ed25519":
		return len(raw) == ed25519.PublicKeySize && ed25519.Verify(raw, message, signature)
	case "mldsa65":
		public, err := mldsa.NewPublicKey(mldsa.MLDSA65(), raw)
		return err == nil && mldsa.Verify(public, message, signature, nil) == nil
	}
	return false
}

// envelopes gives what the archive keeps of one bundle, by index, whatever channels it was said in.
func (f *folder) envelopes(channels []string, bundle, size int64) (map[int64][]byte, error) {
	found := map[int64][]byte{}
	for _, channel := range channels {
		raw, err := kept(channel, bundle, size)
		if err != nil {
			return nil, err
		}
		for len(raw) > 0 {
			if len(raw) < 12 || uint64(len(raw)) < 12+uint64(binary.BigEndian.Uint32(raw[8:])) {
				return nil, fmt.Errorf("%s: bundle %d ends within an envelope", channel, bundle)
			}
			end := 12 + int(binary.BigEndian.Uint32(raw[8:]))
			found[int64(binary.BigEndian.Uint64(raw))], raw = raw[12:end], raw[end:]
		}
	}
	return found, nil
}

// kept is a channel's file of a bundle: the full one, or the widest that is not wider than the bundle is.
func kept(channel string, bundle, size int64) ([]byte, error) {
	path, _, _ := strings.Cut(bundlePath(bundle, size), ".p/")
	raw, err := os.ReadFile(filepath.Join(channel, path))
	if !errors.Is(err, os.ErrNotExist) {
		return raw, err
	}
	parts, err := os.ReadDir(filepath.Join(channel, path+".p"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	widest := 0
	for _, part := range parts {
		if width, err := strconv.Atoi(part.Name()); err == nil && width <= bundleWidth(bundle, size) {
			widest = max(widest, width)
		}
	}
	if err != nil || widest == 0 {
		return nil, err
	}
	return os.ReadFile(filepath.Join(channel, path+".p", strconv.Itoa(widest)))
}
