// Package clock sets the clock of one running process forward or back, for tests: Linux
// has no clock of a container's own. A program reads the time by a function that the
// kernel maps into it (the vDSO), without asking the kernel. Here that function is
// written anew in the memory of that one process: it asks the kernel, and adds.
//
// It must never be part of what is deployed.
package clock

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// reads is the function of the vDSO that Go's programs read the time by.
const reads = "__vdso_clock_gettime"

// Set has a process see a time that is off by whole seconds. 0 sets it right. Times that
// pass are as they were: its monotonic clock stays. Whoever calls needs the right to
// trace the process, and holds it still meanwhile.
func Set(pid int, off time.Duration) error {
	if runtime.GOARCH != "amd64" {
		return fmt.Errorf("set the clock of process %d: only written for amd64, this is %s", pid, runtime.GOARCH)
	}
	code, err := answer(off)
	if err != nil {
		return err
	}
	at, err := address(pid)
	if err != nil {
		return fmt.Errorf("find the clock of process %d: %w", pid, err)
	}
	memory, err := os.OpenFile(proc(pid, "mem"), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer memory.Close()
	_, err = memory.WriteAt(code, at)
	return err
}

// answer is the code that takes the function's place: clock_gettime by a call of the
// kernel, and for CLOCK_REALTIME the seconds that it is off.
func answer(off time.Duration) ([]byte, error) {
	seconds := int64(off / time.Second)
	if seconds < math.MinInt32 || seconds > math.MaxInt32 {
		return nil, fmt.Errorf("%s is too far off", off)
	}
	code := []byte{
		0xb8, 0xe4, 0, 0, 0, // mov eax, 228 (clock_gettime)
		0x0f, 0x05, // syscall
		0x85, 0xff, // test edi, edi (CLOCK_REALTIME is 0)
		0x75, 0x07, // jnz past the next line
		0x48, 0x81, 0x06, // add qword [rsi], seconds
	}
	code = binary.LittleEndian.AppendUint32(code, uint32(int32(seconds))) //nolint:gosec // in bounds, and negative on purpose
	return append(code, 0xc3), nil                                        // ret
}

// address is where the function lies in a process.
func address(pid int) (int64, error) {
	from, to, err := mapped(pid)
	if err != nil {
		return 0, err
	}
	memory, err := os.Open(proc(pid, "mem"))
	if err != nil {
		return 0, err
	}
	defer memory.Close()
	image := make([]byte, to-from)
	if _, err := memory.ReadAt(image, from); err != nil {
		return 0, err
	}
	file, err := elf.NewFile(bytes.NewReader(image))
	if err != nil {
		return 0, err
	}
	symbols, err := file.DynamicSymbols()
	if err != nil {
		return 0, err
	}
	for _, s := range symbols {
		if s.Name == reads {
			return from + int64(s.Value), nil //nolint:gosec // an offset within a page or two
		}
	}
	return 0, fmt.Errorf("the vDSO has no %s", reads)
}

// mapped is where the vDSO is in a process.
func mapped(pid int) (from, to int64, err error) {
	maps, err := os.ReadFile(proc(pid, "maps"))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(maps)) {
		if strings.HasSuffix(strings.TrimSpace(line), "[vdso]") {
			_, err := fmt.Sscanf(line, "%x-%x", &from, &to)
			return from, to, err
		}
	}
	return 0, 0, fmt.Errorf("it has no vDSO")
}

func proc(pid int, file string) string {
	return filepath.Join("/proc", strconv.Itoa(pid), file)
}
