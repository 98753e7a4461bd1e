package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// told is what was read of an archive, and found right.
type told struct {
	Size        int64          `json:"size"`
	Root        string         `json:"root"`
	Signers     []string       `json:"signers"`
	Acts        int64          `json:"acts"`
	Withheld    int64          `json:"withheld"`
	Signatures  map[string]int `json:"signatures"`
	Proofs      []proof        `json:"proofs"`
	Checkpoints int            `json:"checkpoints"`
	Tiles       int            `json:"tiles"`
}

type proof struct {
	Index  int64       `json:"index"`
	Hashes []tlog.Hash `json:"hashes"`
}

// readArchive checks an archive under these keys: the checkpoint, the root over all entries, the tiles, proofs made
// from them, earlier checkpoints, and every act that is at hand. The first thing that is wrong is the error.
func readArchive(at string, vkeys []string) (*told, error) {
	raw, err := os.ReadFile(filepath.Join(at, "checkpoint"))
	if err != nil {
		return nil, err
	}
	opened, signers, err := openNote(raw, vkeys)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	head, err := readCheckpoint(opened.Text)
	if err != nil {
		return nil, err
	}
	found := &told{Size: head.tree.N, Root: head.tree.Hash.String(), Signers: signers, Signatures: map[string]int{}}
	files := &folder{at: at, held: map[string][]byte{}}
	hashes, err := found.readEntries(files, head)
	if err != nil {
		return nil, err
	}
	root, err := tlog.TreeHash(head.tree.N, hashes)
	if err != nil || root != head.tree.Hash {
		return nil, fmt.Errorf("the entries have the root %s (%v)", root, err)
	}
	if err := found.readTiles(files, hashes, head.tree); err != nil {
		return nil, err
	}
	return found, found.readWitnessed(files, head.tree, vkeys)
}

// readEntries hashes every entry, and checks each act of which the envelope is at hand.
func (t *told) readEntries(files *folder, head checkpoint) (tree, error) {
	channels, err := filepath.Glob(filepath.Join(files.at, "envelopes", "*", "*"))
	if err != nil {
		return nil, err
	}
	hashes, known := tree{}, directory{}
	for bundle := int64(0); bundle*tileWidth < head.tree.N; bundle++ {
		entries, err := files.bundle(bundle, head.tree.N)
		if err != nil {
			return nil, err
		}
		envelopes, err := files.envelopes(channels, bundle, head.tree.N)
		if err != nil {
			return nil, err
		}
		for i, entry := range entries {
			index := bundle*tileWidth + int64(i)
			if err := hashes.append(index, entry); err != nil {
				return nil, err
			}
			if err := t.readAct(index, entry, envelopes[index], known, head.origin); err != nil {
				return nil, fmt.Errorf("entry %d: %w", index, err)
			}
		}
	}
	return hashes, nil
}

func (t *told) readAct(index int64, entry, raw []byte, known directory, origin string) error {
	if raw == nil {
		t.Withheld++
		return nil
	}
	var named leaf
	if err := json.Unmarshal(entry, &named); err != nil {
		return err
	}
	if sha(raw) != named.Envelope {
		return errors.New("the envelope is another")
	}
	id, err := known.verify(raw, t.Signatures)
	if err != nil {
		return err
	}
	if id != named.Act || index == 0 && origin != "tacit/record/v1/"+id {
		return errors.New("the act is another")
	}
	t.Acts++
	return nil
}

// readTiles has x/mod authenticate tiles against the root, and make and check proofs of what they hold.
func (t *told) readTiles(files *folder, hashes tree, head tlog.Tree) error {
	files.read, files.held = 0, map[string][]byte{}
	reader := tlog.TileHashReader(head, files)
	for _, index := range places(head.N) {
		path, err := tlog.ProveRecord(head.N, index, reader)
		if err != nil {
			return fmt.Errorf("tiles at entry %d: %w", index, err)
		}
		if err := tlog.CheckRecord(path, head.N, head.Hash, index, hashes[tlog.StoredHashIndex(0, index)]); err != nil {
			return err
		}
		t.Proofs = append(t.Proofs, proof{index, path})
	}
	t.Tiles = files.read
	return nil
}

// places are indices all over a log: its ends, those of its bundles, and some between.
func places(size int64) []int64 {
	found, seen := []int64{}, map[int64]bool{}
	for i := int64(0); i <= 64; i++ {
		for _, index := range []int64{i, 254 + i, i * size / 64, size - 1 - i} {
			if index >= 0 && index < size && !seen[index] {
				seen[index] = true
				found = append(found, index)
			}
		}
	}
	return found
}

// readWitnessed checks that every earlier checkpoint is of the same log, by proofs that x/mod makes and checks.
func (t *told) readWitnessed(files *folder, head tlog.Tree, vkeys []string) error {
	reader := tlog.TileHashReader(head, files)
	return filepath.WalkDir(filepath.Join(files.at, "witnessed"), func(path string, entry os.DirEntry, err error) error {
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err != nil || entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		opened, _, err := openNote(raw, vkeys)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		earlier, err := readCheckpoint(opened.Text)
		if err != nil {
			return err
		}
		t.Checkpoints++
		consistent, err := tlog.ProveTree(head.N, earlier.tree.N, reader)
		if err != nil {
			return err
		}
		return tlog.CheckTree(consistent, head.N, head.Hash, earlier.tree.N, earlier.tree.Hash)
	})
}
