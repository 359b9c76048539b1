package logging

import (
	"fmt"
	"log/slog"

	"go.uber.org/zap"
	"go.uber.org/zap/exp/zapslog"
	"go.uber.org/zap/zapcore"
)

// New is the logger of a program's work. level is debug, info, warn or error;
// format is json, or console for people. Of lines with one message it keeps a
// hundred a second and then one in a hundred, so that a storm fills no disk.
func New(level, format string) (*zap.Logger, error) {
	from, err := zapcore.ParseLevel(level)
	if err != nil {
		return nil, fmt.Errorf("log from level %q on: %w", level, err)
	}
	return config(from, format).Build()
}

// NewAudit is the logger of what must be on record: it keeps every line, whatever
// the level at which the program logs its work.
func NewAudit(format string) (*zap.Logger, error) {
	c := config(zapcore.InfoLevel, format)
	c.Sampling = nil
	return c.Build()
}

// Slog is the logger as the Temporal SDK takes it.
func Slog(l *zap.Logger) *slog.Logger {
	return slog.New(zapslog.NewHandler(l.Core(), zapslog.AddStacktraceAt(slog.Level(100))))
}

func config(level zapcore.Level, format string) zap.Config {
	c := zap.NewProductionConfig()
	c.Level = zap.NewAtomicLevelAt(level)
	c.DisableStacktrace = true
	c.EncoderConfig.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	if format == "console" {
		c.Encoding = "console"
		c.EncoderConfig.EncodeLevel = zapcore.CapitalLevelEncoder
	}
	return c
}
