package show

import (
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// Bar is a progress bar on a terminal; elsewhere it is silent.
type Bar struct {
	progress *mpb.Progress
	bar      *mpb.Bar
}

// Bar starts a bar on Err for total steps of what.
func (c *Console) Bar(total int, what string) *Bar {
	if !c.ErrTerminal || c.JSON || total == 0 {
		return &Bar{}
	}
	p := mpb.New(mpb.WithOutput(c.Err), mpb.WithWidth(40))
	return &Bar{progress: p, bar: p.AddBar(int64(total),
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(what+" ")),
		mpb.AppendDecorators(decor.CountersNoUnit("%d of %d")))}
}

// Step counts one more.
func (b *Bar) Step() {
	if b.bar != nil {
		b.bar.Increment()
	}
}

// End takes the bar away, finished or not.
func (b *Bar) End() {
	if b.bar != nil {
		b.bar.Abort(true)
		b.progress.Wait()
	}
}
