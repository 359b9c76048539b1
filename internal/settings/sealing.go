package settings

import "foxflow/internal/keyset"

// Sealing is what every program needs that seals or opens what must not be read
// in clear.
type Sealing struct {
	Keyset     Secret `env:"FOXFLOW_KEYSET" example:"$(starter keyset new)" about:"Tink keyset (JSON) that seals codes and payloads; make one with: starter keyset new"`
	KeysetFile string `env:"FOXFLOW_KEYSET_FILE" example:"/run/secrets/foxflow-keyset.json" about:"a file that holds the keyset; one that others can read is refused"`
}

// Keys is the keyset that FOXFLOW_KEYSET or FOXFLOW_KEYSET_FILE holds.
func (s Sealing) Keys() (*keyset.Keyset, error) {
	variable, read := "FOXFLOW_KEYSET", func() (*keyset.Keyset, error) { return keyset.Parse(s.Keyset.Reveal()) }
	switch {
	case s.KeysetFile != "":
		variable, read = "FOXFLOW_KEYSET_FILE", func() (*keyset.Keyset, error) { return keyset.ReadFile(s.KeysetFile) }
	case s.Keyset.Empty():
		return nil, complain(s, variable, "is not set")
	}
	keys, err := read()
	if err != nil {
		return nil, complain(s, variable, "holds no usable keyset: "+err.Error())
	}
	return keys, nil
}

func (s Sealing) check(wrong wrong) {
	if s.KeysetFile != "" && !s.Keyset.Empty() {
		wrong("FOXFLOW_KEYSET_FILE", "is set beside FOXFLOW_KEYSET: set one of the two")
	}
}

// require is for programs that do not start without a keyset.
func (s Sealing) require(wrong wrong) {
	if s.Keyset.Empty() && s.KeysetFile == "" {
		wrong("FOXFLOW_KEYSET", "is not set")
	}
}
