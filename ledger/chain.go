package ledger

import (
	"fmt"
	"strconv"

	"foxflow/order"
)

// link is an audit entry as it is hashed and stored.
type link struct {
	reference string
	seq       int64 // counts the reference's entries from 1
	number    int64 // counts the entries of all references from 1
	key       string
	kind      string
	state     string
	reason    string
	orderID   string
	at        string
	step      int64 // of the run that wrote it, 0: none
	hash      string
}

// head is where the chain of a reference ends. Its mac keeps anybody without the
// key from cutting off the newest entries and moving the head back.
type head struct {
	seq  int64
	hash string
	mac  string
}

// torn is the mac of a head that was found forged or missing. The order goes on,
// for money may be out; but the new entries must not lend the head a good seal
// again, or the next entry would cover up the forgery.
const torn = "torn"

// hashOf is the keyed hash of an entry and, through prev, of all before it.
func (k chainKey) hashOf(prev string, e link) string {
	fields := []string{prev, e.reference, decimalText(e.seq), decimalText(e.number), e.key, e.kind, e.state, e.reason, e.orderID, e.at}
	if e.step != 0 { // entries that have none are hashed as they were before there were steps
		fields = append(fields, decimalText(e.step))
	}
	return k.digest("foxflow audit entry v1", fields...)
}

func (k chainKey) headMAC(reference string, h head) string {
	return k.digest("foxflow audit head v1", reference, decimalText(h.seq), h.hash)
}

func (k chainKey) ledgerMAC(entries int64) string {
	return k.digest("foxflow ledger head v1", decimalText(entries))
}

func decimalText(n int64) string { return strconv.FormatInt(n, 10) }

// walk checks the chain of one reference: hand it the entries in their order,
// then ask for the end.
type walk struct {
	key       chainKey
	reference string
	prev      string
	last      int64
	broken    *BrokenChainError
}

func (w *walk) breaks(seq int64, problem string) {
	if w.broken == nil { // the first counts: what follows it can't be trusted
		w.broken = &BrokenChainError{Reference: w.reference, Seq: seq, Problem: problem}
	}
}

func (w *walk) step(e link) {
	want := w.last + 1
	switch {
	case w.broken != nil:
	case e.seq != want:
		w.breaks(want, "is missing")
	case !same(w.key.hashOf(w.prev, e), e.hash):
		w.breaks(e.seq, "was changed, or put in the place of another")
	}
	w.last, w.prev = e.seq, e.hash
}

// end compares the way walked with the head, and with the state of the order's
// row ("" when there is no row).
func (w *walk) end(h *head, state order.State) *BrokenChainError {
	switch {
	case state == "":
		w.breaks(1, "the order's row is missing")
	case h == nil && w.last == 0 && state == order.Creating: // just begun: nothing written yet
	case h == nil && w.last == 0:
		w.breaks(1, fmt.Sprintf("is missing, as are all entries of an order that is %s", state))
	case h == nil:
		w.breaks(w.last+1, "the chain's head is missing: newer entries may have been cut off")
	case h.mac == torn:
		w.breaks(w.last+1, "the chain's head had been forged or removed when an entry was added to it")
	case !same(w.key.headMAC(w.reference, *h), h.mac):
		w.breaks(min(h.seq, w.last)+1, "the chain's head was changed: newer entries may have been cut off")
	case h.seq > w.last:
		w.breaks(w.last+1, fmt.Sprintf("is missing: the newest entries, to %d, were cut off", h.seq))
	case h.seq < w.last:
		w.breaks(h.seq+1, "is beyond the chain's head")
	case !same(h.hash, w.prev):
		w.breaks(w.last, "is not the one that the chain's head names")
	}
	return w.broken
}
