package main

import (
	"bytes"
	"encoding"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/exp/zapslog"
	"go.uber.org/zap/zapcore"

	"foxflow/foxreload"
	"foxflow/internal/keyset"
	"foxflow/internal/settings"
	"foxflow/ledger"
	"foxflow/order"
)

const marker = "hunt-me-7731-and-find"

// Every type that holds a secret, in every way in which Go turns a value into
// text, alone and inside whatever may hold it.
// Promise 5: codes, keys and player data are secrets.
func TestNoSecretIsPrintedLoggedOrEncoded(t *testing.T) {
	text, err := keyset.New()
	require.NoError(t, err)
	keys, err := keyset.Parse(text)
	require.NoError(t, err)
	var tink struct {
		Key []struct{ KeyData struct{ Value string } }
	}
	require.NoError(t, json.Unmarshal([]byte(text), &tink))
	s, err := settings.LoadWorker([]string{"FOXRELOAD_API_KEY=" + marker, "FOXFLOW_KEYSET=" + marker, "HTTPS_PROXY=http://shop:" + marker + "@proxy.example"})
	require.NoError(t, err)
	api, err := s.Client(nil)
	require.NoError(t, err)
	raw := json.RawMessage(`"` + marker + `"`)

	for name, v := range map[string]struct {
		value any
		// carried: its JSON is how it travels, so only that may show it.
		carried bool
		// deep: it is safe even where fmt calls no methods, in unexported fields.
		deep bool
	}{
		"secret":      {value: s.APIKey, deep: true},
		"settings":    {value: s, deep: true},
		"proxy":       {value: s.Proxy, deep: true},
		"keyset":      {value: keys, deep: true},
		"client":      {value: api, deep: true},
		"config":      {value: foxreload.Config{BaseURL: "https://fox.example", APIKey: marker}},
		"code":        {value: ledger.Code{OrderID: "1f0c", Raw: raw}},
		"order":       {value: foxreload.Order{ID: "1f0c", Raw: raw, Items: []foxreload.Item{{Codes: []json.RawMessage{raw}, Note: map[string]string{"player_id": marker}}}}},
		"payment":     {value: foxreload.Payment{Raw: raw}},
		"account":     {value: foxreload.Account{Raw: raw}},
		"request":     {value: order.Request{Reference: "shop-1", Items: []order.Item{{Note: order.Note{"player_id": marker}}}}, carried: true},
		"item":        {value: order.Item{Note: order.Note{"player_id": marker}}, carried: true},
		"note":        {value: order.Note{"player_id": marker}, carried: true},
		"new order":   {value: foxreload.CreateRequest{Items: []foxreload.CreateItem{{Note: map[string]string{"player_id": marker}}}}, carried: true},
		"line of one": {value: foxreload.CreateItem{Note: map[string]string{"player_id": marker}}, carried: true},
	} {
		t.Run(name, func(t *testing.T) {
			for how, shown := range ways(t, v.value, v.carried, v.deep) {
				for _, form := range forms(marker, tink.Key[0].KeyData.Value) {
					assert.NotContains(t, shown, form, how)
				}
			}
		})
	}
}

// ways are the texts that a value turns into.
func ways(t *testing.T, value any, carried, deep bool) map[string]string {
	t.Helper()
	shown := map[string]string{}
	holders := map[string]any{
		"alone": value, "pointer": &value, "struct": struct{ V any }{value}, "slice": []any{value}, "map": map[string]any{"v": value},
		"error": fmt.Errorf("use %v: %w", value, errors.New("no")),
	}
	if deep {
		holders["hidden"] = struct{ v any }{value}
	}
	for holder, v := range holders {
		// Not %p: fmt calls no method for it, and go vet refuses it.
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%t", "%T", "%c", "%U"} {
			shown[holder+" "+verb] = fmt.Sprintf(verb, v)
		}
		if carried && holder != "alone" && holder != "error" {
			continue
		}
		shown[holder+" slog"] = slogged(v)
		shown[holder+" zap"] = zapped(t, zap.Any("v", v))
		if carried {
			continue
		}
		shown[holder+" zap reflected"] = zapped(t, zap.Reflect("v", v))
		if encoded, err := json.Marshal(v); err == nil {
			shown[holder+" JSON"] = string(encoded)
		}
	}
	if v, ok := value.(fmt.Stringer); ok {
		shown["zap stringer"] = zapped(t, zap.Stringer("v", v))
	}
	if v, ok := value.(encoding.TextMarshaler); ok {
		text, err := v.MarshalText()
		require.NoError(t, err)
		shown["text"] = string(text)
	}
	return shown
}

func slogged(v any) string {
	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("m", "v", v)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "v", v)
	core := zapcore.NewCore(zapcore.NewJSONEncoder(zapcore.EncoderConfig{}), zapcore.AddSync(&out), zapcore.DebugLevel)
	slog.New(zapslog.NewHandler(core)).Info("m", "v", v) // how the Temporal SDK logs here
	return out.String()
}

func zapped(t *testing.T, field zap.Field) string {
	t.Helper()
	var text string
	for _, encoder := range []zapcore.Encoder{zapcore.NewJSONEncoder(zapcore.EncoderConfig{}), zapcore.NewConsoleEncoder(zapcore.EncoderConfig{})} {
		out, err := encoder.EncodeEntry(zapcore.Entry{}, []zapcore.Field{field})
		require.NoError(t, err)
		text += out.String()
	}
	return text
}

// forms are the shapes in which Go prints a text or its bytes.
func forms(secrets ...string) (all []string) {
	for _, secret := range secrets {
		all = append(all, secret, fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), fmt.Sprintf("% x", secret),
			strings.Trim(fmt.Sprintf("%d", []byte(secret)), "[]"), base64.StdEncoding.EncodeToString([]byte(secret))[:20],
			strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", []byte(secret)), "[]byte{"), "}"))
	}
	return all
}
