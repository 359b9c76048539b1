package simulator

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Values of the knobs that code compares with.
const (
	idempotencyHonoured  = "honoured"
	idempotencyWithoutID = "honoured-without-id"
	idempotencyIgnored   = "ignored"
	idempotencyRejected  = "rejected"
	echoAll              = "all"
	echoNoKey            = "no-key"
	echoNoItemID         = "no-item-id"
	echoNoQuantity       = "no-quantity"
	echoNoNote           = "no-note"
	echoNoItems          = "no-items"
	echoMinimal          = "minimal"
	itemsAsked           = "asked"
	itemsReversed        = "reversed"
	itemsChanging        = "changing"
	mockHonoured         = "honoured"
	mockIgnored          = "ignored"
	mockUnsaid           = "unsaid"
	mockIgnoredUnsaid    = "ignored-unsaid"
	otherItems           = "items"
	otherQuantity        = "quantity"
	otherNote            = "note"
	otherMock            = "mock"
	balancesAll          = "all"
	balancesOther        = "other"
	balancesNone         = "none"
	currencyAsked        = "asked"
	currencyOther        = "other"
	pricePlain           = "plain"
	priceWords           = "words"
	priceObject          = "object"
	priceMissing         = "missing"
	productPlain         = "plain"
	productNested        = "nested"
	productArray         = "array"
	productEmpty         = "empty"
	productMissing       = "missing"
	lowBalanceKeep       = "keep"
	lowBalanceCancel     = "cancel"
	checkAtPay           = "pay"
	checkAtCreate        = "create"
	listStatusHonoured   = "honoured"
	listStatusIgnored    = "ignored"
	listTotal            = "total"
	listCursor           = "cursor"
	listArray            = "array"
	moneyString          = "string"
	moneyNumber          = "number"
	retrySeconds         = "seconds"
	retryDate            = "http-date"
	retryNone            = "none"
	slashAccept          = "accept"
	accessOpen           = "open"
	payAnswerOrder       = "order"
	payAnswerNested      = "nested"
	payAnswerMinimal     = "minimal"
	topUpBoth            = "both"
	topUpAddress         = "address"
	topUpLink            = "link"
	topUpNested          = "nested"
	topUpEnvelope        = "envelope"
	topUpBare            = "bare"
	errorDetail          = "detail"
	errorObject          = "object"
	errorMessage         = "message"
	errorError           = "error"
)

// Knobs are the answers that the contract leaves open, and the simulator's
// pace. Each is a flag of the program and a field of /admin/knobs.
type Knobs struct {
	PaymentWindow  time.Duration
	ShortWindow    time.Duration
	PaidFor        time.Duration
	ProcessingFor  time.Duration
	Spread         float64 // 0.3: each order takes 70 % to 130 % of the time, always the same for the same order
	Speed          float64 // divides the times of fulfilment
	Looks          int     // an order shows its end at the look of this number; 0: at its time
	TopUpWindow    time.Duration
	TopUpConfirm   time.Duration // 0: only by the admin API
	Requests       int           // a minute and key; 0: no limit
	Burst          int           // 0: a twentieth of Requests, at least 1
	RetryAfter     string
	Access         string
	Currency       string
	Idempotency    string
	Echo           string
	LowBalance     string
	BalanceCheck   string
	BalanceCode    string
	ErrorShape     string
	ErrorStatus    StatusByCode
	ListShape      string
	ListStatus     string
	ListCodes      bool
	Money          string
	PayAnswer      string
	PaymentLinkKey string
	TopUpAnswer    string
	Slash          string

	Mock           string
	ItemOrder      string
	ListEcho       string
	CodesAfter     time.Duration // of every order
	LateCodesAfter time.Duration // of the behaviours late-codes and late-half
	OnHoldFor      time.Duration
	ForgetFor      time.Duration
	PayRefusal     Refusal
	PayRefusals    int // the first so many pays of every order
	Balances       string
	OrderCurrency  string
	OrderPrice     string
	CataloguePrice string
	ProductAnswer  string

	LatePayFor      time.Duration
	LatePayRefusal  Refusal
	StaleBy         time.Duration
	OtherOrder      string
	SlowCommitFor   time.Duration
	FaultAccessFor  time.Duration
	FaultRetryAfter time.Duration
}

// StatusByCode gives error codes other HTTP statuses than the usual ones: the
// contract knows none for sure.
type StatusByCode map[string]int

// Knob describes one knob: enough for a flag, for the admin API and for the
// README. A nil Values means free text of its type.
type Knob struct {
	Name, Default string
	Values        []string
	Help          string
	field         func(*Knobs) any
}

var knobTable = []Knob{
	{"payment-window", "15m", nil, "how long an order may be paid", func(k *Knobs) any { return &k.PaymentWindow }},
	{"short-window", "20s", nil, "the payment window of the behaviour short-window", func(k *Knobs) any { return &k.ShortWindow }},
	{"paid-for", "2s", nil, "time from paid to processing", func(k *Knobs) any { return &k.PaidFor }},
	{"processing-for", "8s", nil, "time from processing to the end, times the product's own factor", func(k *Knobs) any { return &k.ProcessingFor }},
	{"spread", "0.3", nil, "how far single orders stray from these times: 0 (not at all) up to 0.9", func(k *Knobs) any { return &k.Spread }},
	{"speed", "1", nil, "fulfilment is this many times faster; windows stay", func(k *Knobs) any { return &k.Speed }},
	{"looks", "0", nil, "a paid order whose time has come shows its end only at the look of this number, counted from the payment, by itself or in a list: for measurements; 0: at once", func(k *Knobs) any { return &k.Looks }},
	{"topup-window", "1h", nil, "how long a crypto top-up may be sent", func(k *Knobs) any { return &k.TopUpWindow }},
	{"topup-confirm", "0s", nil, "crypto top-ups arrive by themselves after this time; 0s: only when confirmed by the admin API", func(k *Knobs) any { return &k.TopUpConfirm }},
	{"requests-per-minute", "100", nil, "rate limit per key; 0: none", func(k *Knobs) any { return &k.Requests }},
	{"burst", "0", nil, "requests let through at once; 0: a twentieth of requests-per-minute, at least 1", func(k *Knobs) any { return &k.Burst }},
	{"retry-after", retrySeconds, []string{retrySeconds, retryDate, retryNone}, "form of Retry-After on 429", func(k *Knobs) any { return &k.RetryAfter }},
	{"access", accessOpen, []string{accessOpen, "401", "403"}, "refuse every key: 401 as if revoked, 403 as if the address were not on the allowlist", func(k *Knobs) any { return &k.Access }},
	{"currency", "usd", currencies, "currency of a request without X-Currency", func(k *Knobs) any { return &k.Currency }},
	{"idempotency", idempotencyHonoured, []string{idempotencyHonoured, idempotencyWithoutID, idempotencyIgnored, idempotencyRejected}, "idempotencyKey: a repeat answers ORDER_ALREADY_EXISTS with or without the order's id; the field is ignored; 422", func(k *Knobs) any { return &k.Idempotency }},
	{"echo", echoAll, echoes, "what an order repeats of its request: all, all but idempotencyKey, items without itemId, without quantity, without note, without all of these, nothing", func(k *Knobs) any { return &k.Echo }},
	{"low-balance", lowBalanceKeep, []string{lowBalanceKeep, lowBalanceCancel}, "a pay without money leaves the order active, or cancels it (payment_failure)", func(k *Knobs) any { return &k.LowBalance }},
	{"balance-check", checkAtPay, []string{checkAtPay, checkAtCreate}, "money is looked at when paying, or when creating already", func(k *Knobs) any { return &k.BalanceCheck }},
	{"balance-code", "BalanceNotEnough", []string{"BalanceNotEnough", "BALANCE_NOT_ENOUGH"}, "how the error is written", func(k *Knobs) any { return &k.BalanceCode }},
	{"error-shape", errorDetail, []string{errorDetail, errorObject, errorMessage, errorError}, "where the words of an error are: detail as text, detail as object, message, error", func(k *Knobs) any { return &k.ErrorShape }},
	{"error-status", "", nil, "other HTTP statuses, as BalanceNotEnough=402,NOT_FOUND=400", func(k *Knobs) any { return &k.ErrorStatus }},
	{"list-shape", listTotal, []string{listTotal, listCursor, listArray}, "pages of the order list: with offset and total, with nextCursor, bare arrays", func(k *Knobs) any { return &k.ListShape }},
	{"list-status", listStatusHonoured, []string{listStatusHonoured, listStatusIgnored}, "status= in the query of the order list: it chooses, or it is not known and orders of any status come", func(k *Knobs) any { return &k.ListStatus }},
	{"list-codes", "true", []string{"true", "false"}, "orders in the list hold their codes", func(k *Knobs) any { return &k.ListCodes }},
	{"money", moneyString, []string{moneyString, moneyNumber}, "amounts as decimal strings or JSON numbers", func(k *Knobs) any { return &k.Money }},
	{"pay-answer", payAnswerOrder, []string{payAnswerOrder, payAnswerNested, payAnswerMinimal}, "pay answers with the order (and link), with {\"order\":…}, or without the order", func(k *Knobs) any { return &k.PayAnswer }},
	{"payment-link-key", "paymentUrl", []string{"paymentUrl", "url", "redirectUrl", "link", "payment_url"}, "the name of the payment link in pay's answer", func(k *Knobs) any { return &k.PaymentLinkKey }},
	{"topup-answer", topUpBoth, []string{topUpBoth, topUpAddress, topUpLink, topUpNested, topUpEnvelope, topUpBare}, "a crypto top-up answers with address and link, with one of them, with {\"payment\":…}, with {\"data\":…} under other names, or with an id alone", func(k *Knobs) any { return &k.TopUpAnswer }},
	{"slash", "307", []string{"307", "308", slashAccept}, "a path with the other slash form is redirected, or taken as it is", func(k *Knobs) any { return &k.Slash }},
	{"mock", mockHonoured, []string{mockHonoured, mockIgnored, mockUnsaid, mockIgnoredUnsaid}, "isMock of a create: it counts and orders show it; the order is made real and says so, whatever echo says; it counts and no order shows it; the order is made real and none shows it", func(k *Knobs) any { return &k.Mock }},
	{"item-order", itemsAsked, []string{itemsAsked, itemsReversed, itemsChanging}, "the items of an order stand as they were asked for, the other way round, or otherwise at each look", func(k *Knobs) any { return &k.ItemOrder }},
	{"list-echo", echoAll, echoes, "what the order list leaves out beside that, in the words of echo", func(k *Knobs) any { return &k.ListEcho }},
	{"codes-after", "0s", nil, "codes appear so long after completed, with every order", func(k *Knobs) any { return &k.CodesAfter }},
	{"late-codes-after", "10s", nil, "the same time of the behaviours late-codes and late-half", func(k *Knobs) any { return &k.LateCodesAfter }},
	{"on-hold-for", "10s", nil, "how long the behaviours on-hold-… last", func(k *Knobs) any { return &k.OnHoldFor }},
	{"forget-for", "10s", nil, "how long the behaviour forgotten-a-while lasts", func(k *Knobs) any { return &k.ForgetFor }},
	{"pay-refusal", "422:PAYMENT_DECLINED", nil, "how pay-refusals and the behaviours pay-refused… refuse: a status and a code, or a proxy's page (409:page, 409:text)", func(k *Knobs) any { return &k.PayRefusal }},
	{"pay-refusals", "0", nil, "so many pays of every order are refused first", func(k *Knobs) any { return &k.PayRefusals }},
	{"balances", balancesAll, []string{balancesAll, balancesOther, balancesNone}, "the balance list holds every currency, all but that of the request, or none", func(k *Knobs) any { return &k.Balances }},
	{"order-currency", currencyAsked, []string{currencyAsked, currencyOther}, "an order is priced in the currency of its request, or in the other one", func(k *Knobs) any { return &k.OrderCurrency }},
	{"order-price", pricePlain, prices, "prices in orders: an amount, the word \"ask\", an object with amount and currency, or no such field", func(k *Knobs) any { return &k.OrderPrice }},
	{"catalogue-price", pricePlain, prices, "the same for the catalogue; null stays null", func(k *Knobs) any { return &k.CataloguePrice }},
	{"product-answer", productPlain, []string{productPlain, productNested, productArray, productEmpty, productMissing}, "one product is answered as it is, as {\"product\":…}, as an array of one, as {}, or with NOT_FOUND though it can be ordered", func(k *Knobs) any { return &k.ProductAnswer }},
	{"late-pay-for", "25s", nil, "how long after the request a pay that the fault late-pay struck lands", func(k *Knobs) any { return &k.LatePayFor }},
	{"late-pay-refusal", "409:PAYMENT_IN_PROGRESS", nil, "how a pay of the same order is refused until then: as for pay-refusal, e.g. 423:page; none: it is accepted", func(k *Knobs) any { return &k.LatePayRefusal }},
	{"stale-by", "5s", nil, "how far the replica of the fault stale is behind", func(k *Knobs) any { return &k.StaleBy }},
	{"other-order", otherItems, []string{otherItems, otherQuantity, otherNote, otherMock}, "what is different about the order that the fault exists-other makes", func(k *Knobs) any { return &k.OtherOrder }},
	{"slow-commit-for", "3s", nil, "how long the fault slow-commit holds a request back", func(k *Knobs) any { return &k.SlowCommitFor }},
	{"fault-access-for", "2s", nil, "how long the faults unauthorised and forbidden refuse a key", func(k *Knobs) any { return &k.FaultAccessFor }},
	{"fault-retry-after", "1s", nil, "the wait that the faults too-many and too-many-date ask for", func(k *Knobs) any { return &k.FaultRetryAfter }},
}

// Values of several knobs.
var (
	echoes = []string{echoAll, echoNoKey, echoNoItemID, echoNoQuantity, echoNoNote, echoNoItems, echoMinimal}
	prices = []string{pricePlain, priceWords, priceObject, priceMissing}
)

// AllKnobs lists the knobs in the order in which they are documented.
func AllKnobs() []Knob { return slices.Clone(knobTable) }

// DefaultKnobs are the answers that clients of the real API have seen, at a
// realistic pace.
func DefaultKnobs() Knobs {
	var k Knobs
	for _, knob := range knobTable {
		if err := k.Set(knob.Name, knob.Default); err != nil {
			panic(err) // the table above is wrong
		}
	}
	return k
}

// Set turns one knob; the error says what it takes. After an error the knobs may
// be half turned: try on a copy.
func (k *Knobs) Set(name, value string) error {
	at := slices.IndexFunc(knobTable, func(knob Knob) bool { return knob.Name == name })
	if at < 0 {
		return fmt.Errorf("there is no knob %q; GET /admin/knobs lists them", name)
	}
	knob := knobTable[at]
	if knob.Values != nil && !slices.Contains(knob.Values, value) {
		return fmt.Errorf("%s: %q is not one of %s", name, value, strings.Join(knob.Values, ", "))
	}
	if err := setField(knob.field(k), value); err != nil {
		return fmt.Errorf("%s: %q %w", name, value, err)
	}
	if limit, limited := knobRanges[name]; limited && !limit.holds(k) {
		return fmt.Errorf("%s: %q %s", name, value, limit.fix)
	}
	return nil
}

// Kind is the type of the knob's values, in a word.
func (knob Knob) Kind() string {
	switch knob.field(&Knobs{}).(type) {
	case *time.Duration:
		return "duration"
	case *int, *float64:
		return "number"
	case *StatusByCode:
		return "CODE=STATUS"
	case *Refusal:
		return "STATUS:CODE"
	default:
		return "name"
	}
}

func setField(field any, value string) (err error) {
	switch field := field.(type) {
	case *string:
		*field = value
	case *bool:
		*field = value == "true"
	case *time.Duration:
		*field, err = parseDuration(value)
	case *int:
		*field, err = parseWhole(value)
	case *float64:
		*field, err = parseNumber(value)
	case *StatusByCode:
		*field, err = parseStatuses(value)
	case *Refusal:
		*field, err = parseRefusal(value)
	}
	return err
}

func parseDuration(value string) (time.Duration, error) {
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 {
		return 0, errors.New("is not a duration; write e.g. 15m, 20s or 500ms")
	}
	return d, nil
}

func parseWhole(value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		return 0, errors.New("is not a whole number; write e.g. 100, or 0")
	}
	return n, nil
}

func parseNumber(value string) (float64, error) {
	f, err := strconv.ParseFloat(value, 64)
	if err != nil || f < 0 || f > 1e6 || f != f {
		return 0, errors.New("is not a number; write e.g. 0.5 or 10")
	}
	return f, nil
}

func parseStatuses(value string) (StatusByCode, error) {
	byCode := StatusByCode{}
	for pair := range strings.SplitSeq(value, ",") {
		if pair == "" {
			continue
		}
		code, number, _ := strings.Cut(pair, "=")
		status, err := strconv.Atoi(number)
		canonical, known := canonicalCode(code)
		if err != nil || !known || status < 400 || http.StatusText(status) == "" {
			return nil, errors.New("is not CODE=STATUS; write e.g. BalanceNotEnough=402,NOT_FOUND=400")
		}
		byCode[canonical] = status
	}
	return byCode, nil
}

// knobRanges are the limits that a type does not give.
var knobRanges = map[string]struct {
	holds func(*Knobs) bool
	fix   string
}{
	"speed":          {func(k *Knobs) bool { return k.Speed >= 0.001 }, "is too slow; write e.g. 1 or 10"},
	"spread":         {func(k *Knobs) bool { return k.Spread <= 0.9 }, "is above 0.9; write e.g. 0.3"},
	"payment-window": {func(k *Knobs) bool { return k.PaymentWindow > 0 }, "leaves no time to pay; write e.g. 15m"},
	"short-window":   {func(k *Knobs) bool { return k.ShortWindow > 0 }, "leaves no time to pay; write e.g. 20s"},
	"pay-refusal":    {func(k *Knobs) bool { return k.PayRefusal.Status > 0 }, "refuses nothing; to let pays through, write pay-refusals 0"},
	"topup-window":   {func(k *Knobs) bool { return k.TopUpWindow > 0 }, "leaves no time to send; write e.g. 1h"},
}

// check finds knobs that were set wrongly by code and not by Set.
func (k *Knobs) check() error {
	for name, value := range k.Map() {
		if err := k.Set(name, value); err != nil {
			return err
		}
	}
	return nil
}

// Map gives every knob as the text that Set takes.
func (k Knobs) Map() map[string]string {
	all := make(map[string]string, len(knobTable))
	for _, knob := range knobTable {
		switch field := knob.field(&k).(type) {
		case *string:
			all[knob.Name] = *field
		case *StatusByCode:
			var pairs []string
			for _, code := range slices.Sorted(maps.Keys(*field)) {
				pairs = append(pairs, fmt.Sprintf("%s=%d", code, (*field)[code]))
			}
			all[knob.Name] = strings.Join(pairs, ",")
		case *Refusal:
			all[knob.Name] = field.String()
		case *time.Duration:
			all[knob.Name] = field.String()
		case *int:
			all[knob.Name] = strconv.Itoa(*field)
		case *float64:
			all[knob.Name] = strconv.FormatFloat(*field, 'g', -1, 64)
		case *bool:
			all[knob.Name] = strconv.FormatBool(*field)
		}
	}
	return all
}
