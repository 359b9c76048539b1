package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"foxflow/activities"
	"foxflow/order"
	"foxflow/workflows"
)

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

// busyShop has something to tell for every command.
func busyShop(t *testing.T) *shop {
	s := newShop(t)
	s.foxreload("100", map[string]string{"product_a": `"5.50"`})
	for _, reference := range []string{"shop-1", "shop-2", "shop-3"} {
		s.begins(reference, false)
	}
	s.completes("shop-1", `"AAAA"`)
	s.enters("shop-2", order.Creating)
	s.enters("shop-2", order.Active, withOrder("fox-2"))
	s.enters("shop-2", order.AwaitingTopUp, waitsFor(order.WaitTopUp))
	s.temporal.Runs(s.book.ID(), "shop-2", "shop-3")
	here := func(reference string) (order.Status, error) {
		return s.book.Orders.Status(context.Background(), reference)
	}
	s.temporal.Cancelled = func(reference string) (order.Status, error) {
		o, err := here(reference)
		o.State = order.Cancelled
		return o, err
	}
	s.temporal.Resolved = func(reference string, _ workflows.Resolution) (order.Status, error) { return here(reference) }
	s.temporal.Tops = func(id string) {}
	s.rechecks = func(_ context.Context, _ *activities.Activities, reference string) (order.Status, error) {
		return here(reference)
	}
	return s
}

func TestOutputThatCantBeWrittenIsAnError(t *testing.T) {
	t.Parallel()
	s := busyShop(t)
	orders := s.file("orders.csv", orders(2))
	commands := [][]string{
		{"place", "--reference", "shop-9", "--item", "product_a"}, {"place", "--file", orders}, {"place", "--file", orders, "--results", "-"},
		{"status", "shop-1"}, {"watch", "shop-1"}, {"list"}, {"codes", "shop-1"}, {"top-up", "shop-2"},
		{"cancel", "shop-3"}, {"resolve", "shop-2", "--retry"}, {"recheck", "shop-1"}, {"audit", "shop-1"}, {"audit", "--verify-all"}, {"audit", "--export", "-"},
		{"explain", "shop-1"}, {"stats"}, {"pause"}, {"resume"}, {"products", "search", "gift"}, {"products", "show", "product_a"}, {"balance"},
		{"keyset", "new"}, {"keyset", "rotate"}, {"ledger", "migrate"}, {"ledger", "check"}, {"ledger", "reconcile"},
		{"completion", "bash"}, {"completion", "zsh"}, {"completion", "fish"}, {"completion", "powershell"},
		{"--help"}, {"--version"},
	}
	// The first must be alone with the ledger, the second makes a file once; tested beside it.
	tried := map[string]bool{"starter ledger copy": true, "starter ledger backup": true}
	root := newApp(nil, nil, nil).root()
	for _, args := range commands {
		for _, form := range []string{"table", "json"} {
			t.Run(strings.Join(append(args, form), " "), func(t *testing.T) {
				if strings.Join(args, " ") == "place --file "+orders+" --results -" && form == "json" {
					t.Skip("refused")
				}
				var errs bytes.Buffer
				status := s.runTo(t.Context(), full{}, &errs, append(args, "-o", form)...)
				assert.Equal(t, exitError, status, errs.String())
				assert.Contains(t, errs.String(), "the output could not be written")
				assert.Contains(t, errs.String(), syscall.ENOSPC.Error())
			})
		}
		found, _, err := root.Find(args)
		require.NoError(t, err)
		tried[found.CommandPath()] = true
	}
	everyCommand(root, func(cmd *cobra.Command) {
		assert.True(t, tried[cmd.CommandPath()], "%s is not tried", cmd.CommandPath())
	})
}

func TestABackupThatCantBeToldIsAnError(t *testing.T) {
	t.Parallel()
	s := busyShop(t)
	var errs bytes.Buffer
	assert.Equal(t, exitError, s.runTo(t.Context(), full{}, &errs, "ledger", "backup", filepath.Join(t.TempDir(), "backup.db")))
	assert.Contains(t, errs.String(), "the output could not be written")
}

// everyCommand visits the commands that do something themselves.
func everyCommand(cmd *cobra.Command, visit func(*cobra.Command)) {
	for _, child := range cmd.Commands() {
		everyCommand(child, visit)
	}
	if !cmd.HasSubCommands() && cmd.Name() != "help" {
		visit(cmd)
	}
}

func TestAnOrdersFileComesFromStdin(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.stdin = orders(2)
	got := s.run("place", "--file", "-", "--results", "-")
	require.Equal(t, exitDone, got.status, got.err)
	assert.Equal(t, "reference,order_id,state,cancel_reason,error\nshop-000,,creating,,\nshop-001,,creating,,\n", got.out, "the results and nothing else")
	assert.Contains(t, got.err, "2 started")
	assert.NoFileExists(t, "-")

	s.stdin = csvHeader + "shop-x,product_a,0,,,\n"
	got = s.run("place", "--file", "-", "-o", "json")
	assert.Equal(t, exitUsage, got.status)
	message, _ := problem(t, got)
	assert.Contains(t, message, "stdin:2: quantity")

	s.stdin = orders(1)
	got = s.run("place", "--file", "-", "--results", "-", "-o", "json")
	assert.Equal(t, exitUsage, got.status)
	message, hint := problem(t, got)
	assert.Contains(t, message+hint, "stdout")
}

// A reader of nothing: a terminal at which nobody types, or a FIFO without a writer.
func TestWhoeverStopsWaitingForInputIsLetGo(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	read, write := io.Pipe()
	defer write.Close()
	ctx, cancel := context.WithCancel(t.Context())
	a := newApp(s.env, io.Discard, io.Discard)
	a.stdin = &announced{read, cancel}
	assert.Equal(t, exitError, a.run(ctx, []string{"place", "--file", "-"}))
}

// announced tells that somebody reads.
type announced struct {
	io.Reader
	tell func()
}

func (a *announced) Read(p []byte) (int, error) {
	a.tell()
	return a.Reader.Read(p)
}

func TestALinkIsFollowedAndWhatIsNoFileIsNeverReplaced(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.begins("shop-1", false)
	s.enters("shop-1", order.Creating)
	folder := t.TempDir()
	at := func(name string) string { return filepath.Join(folder, name) }
	for _, c := range []struct {
		name string
		args func(path string) []string
	}{
		{"audit --export", func(path string) []string { return []string{"audit", "--export", path} }},
		{"place --results", func(path string) []string {
			return []string{"place", "--file", s.file("orders.csv", orders(1)), "--results", path}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.NoError(t, os.RemoveAll(at("there")))
			require.NoError(t, os.MkdirAll(at("there"), 0o700))
			for link, target := range map[string]string{"link": "there/over", "over": "file"} {
				path := at(link)
				if link == "over" {
					path = at("there/over")
				}
				_ = os.Remove(path)
				require.NoError(t, os.Symlink(target, path))
			}
			for range 2 { // the file is missing, then it is there
				got := s.run(c.args(at("link"))...)
				require.Equal(t, exitDone, got.status, got.err)
				text, err := os.ReadFile(at("there/file"))
				require.NoError(t, err)
				assert.NotEmpty(t, text)
				target, err := os.Readlink(at("link"))
				require.NoError(t, err, "the link is still one")
				assert.Equal(t, "there/over", target)
			}

			pipe := at("pipe")
			_ = os.Remove(pipe)
			require.NoError(t, syscall.Mkfifo(pipe, 0o600))
			lines := make(chan string, 1)
			go func() {
				file, err := os.Open(pipe)
				if err != nil {
					lines <- err.Error()
					return
				}
				defer file.Close()
				line, _ := bufio.NewReader(file).ReadString('\n')
				_, _ = io.Copy(io.Discard, file)
				lines <- line
			}()
			got := s.run(c.args(pipe)...)
			require.Equal(t, exitDone, got.status, got.err)
			assert.Contains(t, <-lines, "reference")
			info, err := os.Lstat(pipe)
			require.NoError(t, err)
			assert.NotZero(t, info.Mode()&os.ModeNamedPipe, "it is still a FIFO")

			null := at("null")
			_ = os.Remove(null)
			if err := syscall.Mknod(null, syscall.S_IFCHR|0o600, 1<<8|3); err != nil {
				t.Skipf("no device can be made here: %v", err)
			}
			got = s.run(c.args(null)...)
			if strings.Contains(got.err, "permission denied") {
				t.Skip("devices can't be opened here")
			}
			require.Equal(t, exitDone, got.status, got.err)
			info, err = os.Lstat(null)
			require.NoError(t, err)
			assert.NotZero(t, info.Mode()&os.ModeCharDevice, "it is still a device")
			left, err := os.ReadDir(folder)
			require.NoError(t, err)
			for _, entry := range left {
				assert.False(t, strings.HasPrefix(entry.Name(), "."), "%s is left over", entry.Name())
			}
		})
	}
}

func TestWhatACommandReadsIsNotOverwritten(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.begins("shop-1", false)
	ledger := strings.TrimPrefix(s.env[1], "FOXFLOW_LEDGER=")
	path := s.file("orders.csv", orders(1))
	for _, args := range [][]string{{"audit", "--export", ledger}, {"place", "--file", path, "--results", path}, {"place", "--file", path, "--results", ledger}} {
		before, err := os.ReadFile(args[len(args)-1])
		require.NoError(t, err)
		got := s.run(args...)
		assert.NotEqual(t, exitDone, got.status)
		assert.Contains(t, got.err, "this command reads that file")
		after, err := os.ReadFile(args[len(args)-1])
		require.NoError(t, err)
		assert.Equal(t, before, after)
	}
	assert.Empty(t, s.temporal.Started())
	assert.Equal(t, order.State(""), s.state("shop-000"))
}
