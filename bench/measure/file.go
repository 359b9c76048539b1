package measure

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"foxflow/bench/carry"
	"foxflow/bench/rig"
)

// file: a file of 100,000 orders is placed under a limit of 100 requests a minute. It needs the
// state queued: without it each order is a workflow at once.
func (b *Bench) file(ctx context.Context) error {
	lines := pick(b, 100_000, 2000)
	part := fmt.Sprintf("a file of %d orders", lines)
	w := carry.Day(carry.World{Rig: b.Rig}, 100, 1)
	k := rig.Knobs{PerMinute: w.PerMinute, Fulfil: time.Minute, ListCodes: true}
	return b.within(ctx, carry.Named("foxflow")[0], w, k, func(r *carry.Run, _ carry.World) error {
		return b.placeFile(r, part, lines)
	})
}

func (b *Bench) placeFile(r *carry.Run, part string, lines int) error {
	if _, err := r.Starter("list", "--state", "queued"); err != nil {
		b.Sheet.Note("%s: left out, this foxflow knows no state queued.", part)
		return nil //nolint:nilerr // an older foxflow has no queue
	}
	b.say("%s: foxflow", part)
	path := filepath.Join(b.Rig.Dir, "orders.csv")
	if err := writeOrders(path, lines); err != nil {
		return err
	}
	begun := time.Now()
	most, err := r.StarterMemory("place", "--file", path, "--yes")
	if err != nil {
		return err
	}
	took := time.Since(begun)
	add := func(name string, value float64) { b.Sheet.Add(part, "foxflow", name, value) }
	add("placed after s", took.Seconds())
	add("starter's memory, most, MB", float64(most)/(1<<20))
	now, _, err := rig.Memory(r.Worker.PID())
	if err != nil {
		return err
	}
	add("worker's memory, MB", float64(now)/(1<<20))
	listed, err := r.Starter("list", "--output", "json")
	if err != nil {
		return err
	}
	if on := strings.Count(listed, `"reference"`); on != lines {
		b.Sheet.Wrong("%s: %d of them are on record", part, on)
	}
	return nil
}

func writeOrders(path string, lines int) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(file)
	fmt.Fprintln(w, "reference,item,quantity,note,mock,max_price")
	for i := range lines {
		fmt.Fprintf(w, "file-%d,%s,1,,,\n", i, rig.Product)
	}
	return errors.Join(w.Flush(), file.Close())
}
