package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/mocks"
	"go.uber.org/zap"
	"google.golang.org/protobuf/types/known/timestamppb"

	"foxflow/ledger"
)

// Only a worker that polls on under this ledger's id, and that the ledger does not know, uses
// a copy: not one that shares the ledger, nor one that is gone, nor one of another ledger.
func TestAWorkerOnACopyIsTold(t *testing.T) {
	book, _, _ := auditedLedger(t)
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for who, copied := range map[string]struct{ polls, told bool }{
		identity(book.ID(), "self"):     {true, false},
		identity(book.ID(), "shares"):   {true, false},
		identity(book.ID(), "gone"):     {false, false},
		identity("another", "stranger"): {true, false},
		"7@host@":                       {true, false},
		identity(book.ID(), "stranger"): {true, true},
	} {
		c := newCopies(book, nil, "foxflow", "self", zap.NewNop())
		c.now = func() time.Time { return now }
		require.NoError(t, book.Present(t.Context(), "shares", now))
		for look := range 3 {
			at := now
			if copied.polls {
				at = now.Add(time.Duration(look) * time.Second)
			}
			fake := &mocks.Client{}
			fake.On("DescribeTaskQueue", mock.Anything, "foxflow", mock.Anything).Return(&workflowservice.DescribeTaskQueueResponse{
				Pollers: []*taskqueuepb.PollerInfo{{Identity: who, LastAccessTime: timestamppb.New(at)}}}, nil)
			c.temporal = fake
			require.NoError(t, c.look(t.Context()))
		}
		if !copied.told {
			require.NoError(t, c.check(), who)
			continue
		}
		require.ErrorIs(t, c.check(), ledger.ErrCopied)
		require.ErrorContains(t, c.check(), who)
		now = now.Add(aliveLasts + time.Second)
		require.NoError(t, c.check(), "it is gone")
	}
}
