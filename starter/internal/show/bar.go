package show

import (
	"fmt"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// barSpeaks is how often a bar says how far the work is where no bar can be drawn.
const barSpeaks = 10 * time.Second

// Bar says how far a long piece of work is, how fast it goes and how long it will take: as a
// bar on a terminal, elsewhere in a line now and then.
type Bar struct {
	console     *Console
	what        string
	total, done int
	began, told time.Time

	progress *mpb.Progress // nil: no terminal
	bar      *mpb.Bar
}

// NewBar starts a bar on Err for total steps of what.
func NewBar(c *Console, total int, what string) *Bar {
	b := &Bar{console: c, what: what, total: total, began: c.now()}
	b.told = b.began
	if c.ErrTerminal && !c.JSON && total > 0 {
		b.progress = mpb.New(mpb.WithOutput(c.Err), mpb.WithWidth(40))
		b.bar = b.progress.AddBar(int64(total),
			mpb.BarRemoveOnComplete(),
			mpb.PrependDecorators(decor.Name(what+" ")),
			mpb.AppendDecorators(decor.Any(func(s decor.Statistics) string { return far(int(s.Current), total, c.now().Sub(b.began)) })))
	}
	return b
}

// Step counts one more.
func (b *Bar) Step() {
	b.done++
	if b.bar != nil {
		b.bar.Increment()
		return
	}
	if now := b.console.now(); now.Sub(b.told) >= barSpeaks {
		b.told = now
		b.console.Note("%s: %s", b.what, far(b.done, b.total, now.Sub(b.began)))
	}
}

// End takes the bar away, finished or not.
func (b *Bar) End() {
	if b.bar != nil {
		b.bar.Abort(true)
		b.progress.Wait()
	}
}

// far is how far the work is that has taken some time: "1200 of 6000, 40 a second, 2m0s left".
func far(done, total int, took time.Duration) string {
	text := fmt.Sprintf("%d of %d", done, total)
	if done == 0 || took < time.Second {
		return text
	}
	left := time.Duration(float64(took) / float64(done) * float64(total-done)).Round(time.Second)
	rate := float64(done) / took.Seconds()
	if rate < 1 {
		return fmt.Sprintf("%s, %.1f a minute, %s left", text, rate*60, left)
	}
	return fmt.Sprintf("%s, %.0f a second, %s left", text, rate, left)
}
