// Reads and verifies a log with Go's own library (golang.org/x/mod/sumdb), or writes one with it.
//
//	log read  FOLDER VKEY SEED PROOFS   verify a log in the files of C2SP tlog-tiles
//	log write FOLDER NAME SIZES         write such a log: entries "entry N", published at each size
//	log notes VKEY                      open notes, each a line of base64 on the input; what they
//	                                    say, or an empty line
//
// What `read` finds is printed as JSON, with some of the proofs so that others can compare theirs.
// Exit 0: all of it holds. Exit 1: it does not, and the reason is on the error output.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8
const width = 1 << height

func main() {
	var err error
	switch {
	case len(os.Args) == 6 && os.Args[1] == "read":
		err = read(os.Args[2], os.Args[3], number(os.Args[4]), int(number(os.Args[5])))
	case len(os.Args) >= 5 && os.Args[1] == "write":
		err = write(os.Args[2], os.Args[3], os.Args[4:])
	case len(os.Args) == 3 && os.Args[1] == "notes":
		err = openNotes(os.Args[2])
	default:
		err = fmt.Errorf("usage: log read FOLDER VKEY SEED PROOFS | log write FOLDER NAME SIZES | log notes VKEY")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func number(text string) int64 {
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic(err)
	}
	return value
}

// The library writes tile/8/L/N and tile/8/data/N where C2SP has tile/L/N and tile/entries/N.
func path(tile tlog.Tile) string {
	name := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
	return strings.Replace(name, "tile/data/", "tile/entries/", 1)
}

// A folder as the library's TileReader.
type files struct{ folder string }

func (f files) Height() int                             { return height }
func (f files) SaveTiles(tiles []tlog.Tile, _ [][]byte) {}

func (f files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		data, err := f.tile(tile)
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func (f files) tile(tile tlog.Tile) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(f.folder, path(tile)))
	if os.IsNotExist(err) && tile.W < width {
		full := tile
		full.W = width
		data, err = os.ReadFile(filepath.Join(f.folder, path(full)))
		if err == nil {
			data = data[:tile.W*tlog.HashSize]
		}
	}
	return data, err
}

// Entries of the bundle with this number in a log of this size, and no more than it has.
func (f files) bundle(index, size int64) ([][]byte, error) {
	w := int64(width)
	if rest := size - index*width; rest < w {
		w = rest
	}
	data, err := f.tile(tlog.Tile{H: height, L: -1, N: index, W: int(w)})
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for len(data) > 0 {
		if len(data) < 2 {
			return nil, fmt.Errorf("bundle %d is cut short", index)
		}
		length := int(binary.BigEndian.Uint16(data))
		if len(data) < 2+length {
			return nil, fmt.Errorf("bundle %d is cut short", index)
		}
		entries = append(entries, data[2:2+length])
		data = data[2+length:]
	}
	if int64(len(entries)) != w {
		return nil, fmt.Errorf("bundle %d holds %d entries, not %d", index, len(entries), w)
	}
	return entries, nil
}

type proof struct {
	Index  int64       `json:"index"`
	Size   int64       `json:"size"`
	Hashes []tlog.Hash `json:"hashes"`
}

type report struct {
	Origin      string  `json:"origin"`
	Size        int64   `json:"size"`
	Root        string  `json:"root"`
	Entries     int64   `json:"entries"`
	EntryDigest string  `json:"entry_digest"`
	Inclusion   []proof `json:"inclusion"`
	Consistency []proof `json:"consistency"`
}

func read(folder, vkey string, seed int64, proofs int) error {
	origin, tree, err := checkpoint(folder, vkey)
	if err != nil {
		return err
	}
	log := files{folder}
	hashes := tlog.TileHashReader(tree, log)
	root, err := tlog.TreeHash(tree.N, hashes)
	if err != nil {
		return err
	}
	if root != tree.Hash {
		return fmt.Errorf("the tiles have another root than the checkpoint")
	}
	found := report{Origin: origin, Size: tree.N, Root: root.String()}
	if found.Entries, found.EntryDigest, err = allEntries(log, tree, hashes); err != nil {
		return err
	}
	random := rand.New(rand.NewSource(seed))
	for i := 0; i < proofs; i++ {
		one, err := inclusion(log, tree, hashes, random.Int63n(tree.N))
		if err != nil {
			return err
		}
		two, err := consistency(tree, hashes, 1+random.Int63n(tree.N))
		if err != nil {
			return err
		}
		found.Inclusion = append(found.Inclusion, one)
		found.Consistency = append(found.Consistency, two)
	}
	return json.NewEncoder(os.Stdout).Encode(found)
}

func openNotes(vkey string) error {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		data, err := base64.StdEncoding.DecodeString(lines.Text())
		if err != nil {
			return err
		}
		opened, err := note.Open(data, note.VerifierList(verifier))
		if err != nil {
			opened = &note.Note{}
		}
		fmt.Println(base64.StdEncoding.EncodeToString([]byte(opened.Text)))
	}
	return lines.Err()
}

func checkpoint(folder, vkey string) (string, tlog.Tree, error) {
	var tree tlog.Tree
	data, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return "", tree, err
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return "", tree, err
	}
	opened, err := note.Open(data, note.VerifierList(verifier))
	if err != nil {
		return "", tree, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return "", tree, fmt.Errorf("the checkpoint has another origin than its key")
	}
	tree.N, err = strconv.ParseInt(lines[1], 10, 64)
	if err == nil {
		tree.Hash, err = tlog.ParseHash(lines[2])
	}
	return lines[0], tree, err
}

// All entries hash to the leaf hashes in the tiles and, worked out anew, to the checkpoint's root:
// version 0.7 of the library does not compare every tile with the one above it. The digest is over
// the bytes of the entries, one by one.
func allEntries(log files, tree tlog.Tree, hashes tlog.HashReader) (int64, string, error) {
	digest := sha256.New()
	var count int64
	var anew memory
	for index := int64(0); index*width < tree.N; index++ {
		entries, err := log.bundle(index, tree.N)
		if err != nil {
			return 0, "", err
		}
		var wanted []int64
		for i := range entries {
			wanted = append(wanted, tlog.StoredHashIndex(0, index*width+int64(i)))
		}
		leaves, err := hashes.ReadHashes(wanted)
		if err != nil {
			return 0, "", err
		}
		for i, entry := range entries {
			if tlog.RecordHash(entry) != leaves[i] {
				return 0, "", fmt.Errorf("entry %d is not what the tree says", count)
			}
			digest.Write(entry)
			digest.Write([]byte{'\n'})
			if err := anew.add(count, entry); err != nil {
				return 0, "", err
			}
			count++
		}
	}
	root, err := tlog.TreeHash(count, &anew)
	if err == nil && root != tree.Hash {
		err = fmt.Errorf("the entries have another root than the checkpoint")
	}
	if err != nil {
		return 0, "", err
	}
	return count, fmt.Sprintf("%x", digest.Sum(nil)), nil
}

// All stored hashes of a tree, in the library's own order.
type memory []tlog.Hash

func (m *memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var found []tlog.Hash
	for _, index := range indexes {
		found = append(found, (*m)[index])
	}
	return found, nil
}

func (m *memory) add(index int64, entry []byte) error {
	more, err := tlog.StoredHashes(index, entry, m)
	*m = append(*m, more...)
	return err
}

func inclusion(log files, tree tlog.Tree, hashes tlog.HashReader, index int64) (proof, error) {
	made, err := tlog.ProveRecord(tree.N, index, hashes)
	if err != nil {
		return proof{}, err
	}
	entries, err := log.bundle(index/width, tree.N)
	if err != nil {
		return proof{}, err
	}
	leaf := tlog.RecordHash(entries[index%width])
	return proof{index, tree.N, made}, tlog.CheckRecord(made, tree.N, tree.Hash, index, leaf)
}

func consistency(tree tlog.Tree, hashes tlog.HashReader, old int64) (proof, error) {
	made, err := tlog.ProveTree(tree.N, old, hashes)
	if err != nil {
		return proof{}, err
	}
	root, err := tlog.TreeHash(old, hashes)
	if err != nil {
		return proof{}, err
	}
	return proof{old, tree.N, made}, tlog.CheckTree(made, tree.N, tree.Hash, old, root)
}

// Makes a log with the library only and prints the verifier key of the key it was signed by.
func write(folder, name string, sizes []string) error {
	skey, vkey, err := note.GenerateKey(nil, name)
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		return err
	}
	var stored memory
	var size int64
	for _, text := range sizes {
		before := size
		for ; size < number(text); size++ {
			if err := stored.add(size, entry(size)); err != nil {
				return err
			}
		}
		if err := publish(folder, signer, before, size, &stored); err != nil {
			return err
		}
	}
	fmt.Println(vkey)
	return nil
}

func entry(index int64) []byte { return []byte(fmt.Sprintf("entry %d", index)) }

func publish(folder string, signer note.Signer, old, size int64, hashes tlog.HashReader) error {
	for _, tile := range tlog.NewTiles(height, old, size) {
		data, err := tlog.ReadTileData(tile, hashes)
		if err == nil {
			err = save(folder, path(tile), data)
		}
		if err == nil && tile.L == 0 {
			bundle := tile
			bundle.L = -1
			err = save(folder, path(bundle), encoded(tile))
		}
		if err != nil {
			return err
		}
	}
	root, err := tlog.TreeHash(size, hashes)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%s\n%d\n%s\n", signer.Name(), size, root)
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		return err
	}
	return save(folder, "checkpoint", signed)
}

func encoded(tile tlog.Tile) []byte {
	var data bytes.Buffer
	for i := 0; i < tile.W; i++ {
		one := entry(tile.N*width + int64(i))
		data.Write([]byte{byte(len(one) >> 8), byte(len(one))})
		data.Write(one)
	}
	return data.Bytes()
}

func save(folder, name string, data []byte) error {
	target := filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	return os.WriteFile(target, data, 0o644)
}
