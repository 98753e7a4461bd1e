package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

type checkpoint struct {
	origin string
	tree   tlog.Tree
}

// readCheckpoint reads the text of a note: origin, size, root, and nothing else.
func readCheckpoint(text string) (checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return checkpoint{}, errors.New("a checkpoint has three lines")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return checkpoint{}, fmt.Errorf("no size: %q", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	return checkpoint{lines[0], tlog.Tree{N: size, Hash: root}}, err
}

// folder reads the tiles of an archive, which lie as tlog-tiles has it: without the height that x/mod puts in paths.
type folder struct {
	at   string
	read int
	held map[string][]byte
}

func (f *folder) Height() int                     { return tileHeight }
func (f *folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (f *folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	found := make([][]byte, len(tiles))
	for i, tile := range tiles {
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight), "tile/", 1)
		raw, err := f.tile(path)
		if err != nil {
			return nil, err
		}
		if len(raw) < tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s is too short", path)
		}
		found[i] = raw[:tile.W*tlog.HashSize]
	}
	return found, nil
}

// tile reads a tile, or the full one of which it is a part. Few are held: the others are read again.
func (f *folder) tile(path string) ([]byte, error) {
	if raw, ok := f.held[path]; ok {
		return raw, nil
	}
	raw, err := os.ReadFile(filepath.Join(f.at, path))
	if full, _, part := strings.Cut(path, ".p/"); part && errors.Is(err, os.ErrNotExist) {
		raw, err = os.ReadFile(filepath.Join(f.at, full))
	}
	if err != nil {
		return nil, err
	}
	f.read++
	if len(f.held) > 64 {
		f.held = map[string][]byte{}
	}
	f.held[path] = raw
	return raw, nil
}

// bundlePath is where the entries of a bundle lie, or under envelopes/ what is kept of them.
func bundlePath(bundle, size int64) string {
	tile := tlog.Tile{H: tileHeight, L: 0, N: bundle, W: bundleWidth(bundle, size)}
	return strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/0/", tileHeight))
}

func bundleWidth(bundle, size int64) int {
	return int(min(tileWidth, size-bundle*tileWidth))
}

// bundle reads the entries of a bundle: each has its length in two octets before it.
func (f *folder) bundle(number, size int64) ([][]byte, error) {
	raw, err := f.tile("tile/entries/" + bundlePath(number, size))
	if err != nil {
		return nil, err
	}
	entries := [][]byte{}
	for width := bundleWidth(number, size); len(entries) < width; {
		if len(raw) < 2 || len(raw) < 2+int(raw[0])<<8+int(raw[1]) {
			return nil, fmt.Errorf("bundle %d has fewer than %d entries", number, width)
		}
		end := 2 + int(raw[0])<<8 + int(raw[1])
		entries, raw = append(entries, raw[2:end]), raw[end:]
	}
	return entries, nil
}

// tree holds the hashes of the log that its entries give, in the order of x/mod.
type tree []tlog.Hash

func (t tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index < 0 || index >= int64(len(t)) {
			return nil, fmt.Errorf("hash %d is not there yet", index)
		}
		found[i] = t[index]
	}
	return found, nil
}

func (t *tree) append(index int64, entry []byte) error {
	hashes, err := tlog.StoredHashes(index, entry, *t)
	*t = append(*t, hashes...)
	return err
}
