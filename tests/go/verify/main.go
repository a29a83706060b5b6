// Command verify checks a Wheelhouse record from the outside, with Go's own transparency log packages
// (golang.org/x/mod/sumdb) and nothing of Wheelhouse: the checkpoint's signature, the tiles against its
// root, the inclusion of entries, and that the record grew from an older checkpoint.
//
// On Debian, with the packages golang-go and golang-golang-x-mod-dev:
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go build -o verify main.go
//	TOKEN=wh_… ./verify -url https://hub/tlog -key NAME+HASH+KEY [-old FILE]
package main

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// The height of a tile in C2SP tlog-tiles.
const height = 8

// The most bytes of one answer: a full bundle of the largest entries.
const largest = 256 * (1<<16 + 1)

// A checkpoint is the head of a log at one size (C2SP tlog-checkpoint).
type checkpoint struct {
	origin string
	tree   tlog.Tree
}

// A hub is a log's tiles behind a URL, and the token that opens them.
type hub struct {
	client http.Client
	url    string
	token  string
	tiles  int
}

func main() {
	url := flag.String("url", "", "where the log is, such as https://hub/tlog")
	key := flag.String("key", "", "the key that must have signed: NAME+HASH+KEY")
	old := flag.String("old", "", "a file with an older checkpoint that the log must have grown from")
	flag.Parse()
	log := &hub{client: http.Client{Timeout: 20 * time.Second}, url: *url, token: os.Getenv("TOKEN")}
	if err := verify(log, *key, *old); err != nil {
		fmt.Fprintln(os.Stderr, "the record does NOT verify:", err)
		os.Exit(1)
	}
}

func verify(log *hub, key, old string) error {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return fmt.Errorf("the key: %w", err)
	}
	text, err := log.get("checkpoint")
	if err != nil {
		return err
	}
	head, err := open(text, verifier)
	if err != nil {
		return fmt.Errorf("the checkpoint: %w", err)
	}
	// The reader checks every tile against the root before it believes a hash of it.
	hashes := tlog.TileHashReader(head.tree, log)
	if err := grew(old, head, verifier, hashes); err != nil {
		return err
	}
	if err := includesAll(log, head, hashes); err != nil {
		return err
	}
	fmt.Printf("%s: %d entries, %d tiles, all verify\n", head.origin, head.tree.N, log.tiles)
	return nil
}

// grew checks that the log grew from the older checkpoint in a file, if one is given.
func grew(file string, head checkpoint, verifier note.Verifier, hashes tlog.HashReader) error {
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	older, err := open(text, verifier)
	if err != nil {
		return fmt.Errorf("the older checkpoint: %w", err)
	}
	if older.origin != head.origin {
		return fmt.Errorf("the older checkpoint is of %q, the log of %q", older.origin, head.origin)
	}
	if older.tree.N > head.tree.N {
		return fmt.Errorf("the log shrank from %d entries to %d", older.tree.N, head.tree.N)
	}
	proof, err := tlog.ProveTree(head.tree.N, older.tree.N, hashes)
	if err != nil {
		return fmt.Errorf("growth: %w", err)
	}
	if err := tlog.CheckTree(proof, head.tree.N, head.tree.Hash, older.tree.N, older.tree.Hash); err != nil {
		return fmt.Errorf("growth from %d entries: %w", older.tree.N, err)
	}
	return nil
}

// includesAll fetches every entry and checks that it is in the tree at its place.
func includesAll(log *hub, head checkpoint, hashes tlog.HashReader) error {
	for first := int64(0); first < head.tree.N; first += 1 << height {
		width := head.tree.N - first
		if width > 1<<height {
			width = 1 << height
		}
		tile := tlog.Tile{H: height, L: -1, N: first >> height, W: int(width)}
		bundle, err := log.get(path(tile))
		if err != nil {
			return err
		}
		for n := first; n < first+width; n++ {
			entry, rest, err := next(bundle)
			if err != nil {
				return fmt.Errorf("the bundle of entry %d: %w", n, err)
			}
			bundle = rest
			proof, err := tlog.ProveRecord(head.tree.N, n, hashes)
			if err != nil {
				return fmt.Errorf("entry %d: %w", n, err)
			}
			if err := tlog.CheckRecord(proof, head.tree.N, head.tree.Hash, n, tlog.RecordHash(entry)); err != nil {
				return fmt.Errorf("entry %d: %w", n, err)
			}
		}
		if len(bundle) > 0 {
			return fmt.Errorf("%d bytes too many are in the bundle from entry %d on", len(bundle), first)
		}
	}
	return nil
}

// next takes an entry off a bundle.
func next(bundle []byte) (entry, rest []byte, err error) {
	if len(bundle) < 2 {
		return nil, nil, errors.New("it ends early")
	}
	length := int(binary.BigEndian.Uint16(bundle))
	if len(bundle) < 2+length {
		return nil, nil, errors.New("it ends early")
	}
	return bundle[2 : 2+length], bundle[2+length:], nil
}

// open checks the signature of a checkpoint and reads it.
func open(text []byte, verifier note.Verifier) (checkpoint, error) {
	signed, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return checkpoint{}, err
	}
	lines := strings.SplitN(signed.Text, "\n", 4)
	if len(lines) < 4 {
		return checkpoint{}, errors.New("expected origin, size and root")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return checkpoint{}, err
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return checkpoint{}, errors.New("its root is no hash")
	}
	head := checkpoint{origin: lines[0], tree: tlog.Tree{N: size}}
	copy(head.tree.Hash[:], root)
	return head, nil
}

// path gives the address of a tile: as Go has it, without the height, and with C2SP's word for entries.
func path(tile tlog.Tile) string {
	rest := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", tile.H))
	return "tile/" + strings.Replace(rest, "data/", "entries/", 1)
}

// Height implements tlog.TileReader.
func (log *hub) Height() int { return height }

// ReadTiles implements tlog.TileReader.
func (log *hub) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		bytes, err := log.get(path(tile))
		if err != nil {
			return nil, err
		}
		data[i] = bytes
	}
	return data, nil
}

// SaveTiles implements tlog.TileReader: nothing is kept.
func (log *hub) SaveTiles(tiles []tlog.Tile, data [][]byte) { log.tiles += len(tiles) }

// get fetches what lies at a path of the log.
func (log *hub) get(path string) ([]byte, error) {
	request, err := http.NewRequest(http.MethodGet, strings.TrimSuffix(log.url, "/")+"/"+path, nil)
	if err != nil {
		return nil, err
	}
	if log.token != "" {
		request.Header.Set("Authorization", "Bearer "+log.token)
	}
	response, err := log.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, largest))
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, response.Status)
	}
	return body, nil
}
