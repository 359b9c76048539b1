package simulator

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
)

// code is the n-th code of an item. It follows from the order's id, so it is the
// same at every look and after every restart, and no other order has it.
func (o *order) code(item, n int) [sha256.Size]byte {
	return sha256.Sum256(fmt.Appendf(nil, "%s/%d/%d", o.ID, item, n))
}

func (o *order) codeText(item, n int) string {
	sum := o.code(item, n)
	text := base32.StdEncoding.EncodeToString(sum[:10])
	text = text[:4] + "-" + text[4:8] + "-" + text[8:12]
	if o.Mock {
		return "MOCK-" + text
	}
	return text
}

// delivered counts the codes that each item has received at a step: a delivery fills the
// items in their order.
func (o *order) delivered(now step) []int {
	left := now.Codes
	received := make([]int, len(o.Items))
	for i, item := range o.Items {
		due := item.deliverables()
		if i == 0 {
			due += o.Forced
		}
		received[i] = min(due, left)
		left -= received[i]
	}
	return received
}

// failedItem says which items carry the step's error: those that lack codes, or
// the last one where none lacks any.
func (o *order) failedItem(i int, now step) bool {
	received, lacking := o.delivered(now), false
	for j, item := range o.Items {
		short := now.Codes == 0 || received[j] < item.deliverables()
		if j == i && short {
			return true
		}
		lacking = lacking || short
	}
	return !lacking && i == len(o.Items)-1
}

// externalData is what an item shows of its codes: null until something came.
func (o *order) externalData(now step, item, received int) any {
	shape := recall(o.Behaviour).shape
	done := now.Status == statusCompleted
	switch {
	case shape == shapeEmpty && done:
		return []any{}
	case shape == shapeEmpty || shape == shapeNull || shape == shapeMissing:
		return nil
	case received == 0 && done:
		return []any{}
	case received == 0:
		return nil
	case shape == shapeBare:
		return o.codeText(item, 0)
	case shape == shapeObject:
		return o.shaped(shapeObjects, item, 0)
	}
	var codes []any
	for n := range received {
		codes = append(codes, o.shaped(shape, item, n))
	}
	if shape == shapeMixed {
		codes = append(codes, o.shaped(shapeObjects, item, received), nil)
	}
	if shape == shapeEncoded {
		text, _ := json.Marshal(codes) // strings and the maps above: can't fail
		return string(text)
	}
	return codes
}

// shaped is one code in the shape that was asked for, else in the product's own.
func (o *order) shaped(shape codeShape, item, n int) any {
	sum := o.code(item, n)
	number := binary.BigEndian.Uint64(sum[:]) % 1e18
	goods := o.Items[item].product().goods
	switch {
	case shape == shapeObjects:
		return map[string]any{"code": o.codeText(item, n), "pin": fmt.Sprintf("%04d", number%10000)}
	case shape == shapeJSON:
		return []string{fmt.Sprintf("[%d]", number), "null", fmt.Sprintf(`{"a":%d}`, number), fmt.Sprint(number)}[(item+n)%4]
	case shape == shapeNumbers:
		// 19 digits: more than a float holds.
		return json.Number(fmt.Sprintf("9%018d", number))
	case goods == goodsESIM:
		return map[string]any{"iccid": fmt.Sprintf("89%018d", number), "smdpAddress": "rsp.example.com",
			"activationCode": "LPA:1$rsp.example.com$" + o.codeText(item, n)}
	case goods == goodsReceipt:
		return "TOPUP-" + o.codeText(item, n)
	default:
		return o.codeText(item, n)
	}
}
