package temporal

import (
	"go.temporal.io/server/common/log"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// logger is the server's voice: JSON on stderr. While the server starts and stops
// its parts warn that the others don't answer, which is no news to anyone; so
// warnings are heard only in between, unless more than warnings was asked for.
type logger struct {
	log.Logger
	level zap.AtomicLevel
	asked zapcore.Level
}

func newLogger(level string) (*logger, error) {
	asked, err := zapcore.ParseLevel(level)
	if err != nil {
		return nil, err
	}
	l := &logger{level: zap.NewAtomicLevel(), asked: asked}
	l.quiet()
	encoding := zap.NewProductionEncoderConfig()
	encoding.EncodeTime = zapcore.ISO8601TimeEncoder
	zapper, err := zap.Config{
		Level:            l.level,
		Encoding:         "json",
		EncoderConfig:    encoding,
		OutputPaths:      []string{"stderr"},
		ErrorOutputPaths: []string{"stderr"},
		DisableCaller:    true, // the server's adapter writes its own
	}.Build()
	if err != nil {
		return nil, err
	}
	l.Logger = log.NewZapLogger(zapper)
	return l, nil
}

func (l *logger) quiet() {
	if l.asked == zap.WarnLevel {
		l.level.SetLevel(zap.ErrorLevel)
		return
	}
	l.level.SetLevel(l.asked)
}

func (l *logger) speak() { l.level.SetLevel(l.asked) }
