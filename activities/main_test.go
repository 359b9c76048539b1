package activities

import (
	"os"
	"testing"

	"foxflow/internal/ledgertest"
)

func TestMain(m *testing.M) { os.Exit(ledgertest.Run(m)) }
