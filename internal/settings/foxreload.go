package settings

import (
	"errors"

	"foxflow/foxreload"
)

// Client is the API client that these settings ask for, behind gate. Without a
// partner key it is refused.
func (f FoxReload) Client(gate foxreload.Gate) (*foxreload.Client, error) {
	if f.APIKey.Empty() {
		return nil, complain(f, "FOXRELOAD_API_KEY", "is not set")
	}
	return foxreload.New(f.config(f.APIKey.Reveal(), gate))
}

func (f FoxReload) config(key string, gate foxreload.Gate) foxreload.Config {
	return foxreload.Config{BaseURL: f.BaseURL, APIKey: key, Currency: f.Currency, Language: f.Language,
		Timeout: f.Timeout, AllowHTTP: f.AllowHTTP, Gate: gate, Proxy: f.Proxy.For}
}

// checkClient lets the client itself judge address and key, so that a slip is
// found at start and by the one who knows. Without a key yet, any will do.
func (f *FoxReload) checkClient(wrong wrong) {
	key := f.APIKey.Reveal()
	if f.APIKey.Empty() {
		key = "none-yet"
	}
	_, err := foxreload.New(f.config(key, nil))
	var bad *foxreload.ConfigError
	if errors.As(err, &bad) {
		wrong(bad.Field, bad.Problem+"; "+bad.Fix)
	}
}
