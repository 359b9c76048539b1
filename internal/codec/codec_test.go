package codec_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/proto"

	"foxflow/internal/codec"
	"foxflow/internal/keyset"
)

type input struct{ Player string }

const player = "player-77310042"

func keys(t *testing.T) (*keyset.Keyset, string) {
	t.Helper()
	text, err := keyset.New()
	require.NoError(t, err)
	k, err := keyset.Parse(text)
	require.NoError(t, err)
	return k, text
}

// Promise 5: codes, keys and player data are secrets.
func TestWhatIsSealedShowsNothingAndOpensAgain(t *testing.T) {
	k, text := keys(t)
	rotatedText, err := keyset.Rotate(text)
	require.NoError(t, err)
	rotated, err := keyset.Parse(rotatedText)
	require.NoError(t, err)

	sealed, err := codec.DataConverter(k).ToPayloads(input{player}, player)
	require.NoError(t, err)
	bytes, err := proto.Marshal(sealed)
	require.NoError(t, err)
	assert.NotContains(t, string(bytes), player)
	assert.NotContains(t, string(bytes), "json", "what kind of payload it is is sealed too")

	for name, k := range map[string]*keyset.Keyset{"the same keyset": k, "after a rotation": rotated} {
		var in input
		var s string
		require.NoError(t, codec.DataConverter(k).FromPayloads(sealed, &in, &s), name)
		assert.Equal(t, player, in.Player, name)
		assert.Equal(t, player, s, name)
	}
}

// Histories from before, and programs that start an order without a keyset.
func TestWhatWasNeverSealedIsReadAsItIs(t *testing.T) {
	k, _ := keys(t)
	open, err := converter.GetDefaultDataConverter().ToPayload(input{player})
	require.NoError(t, err)
	var in input
	require.NoError(t, codec.DataConverter(k).FromPayload(open, &in))
	assert.Equal(t, player, in.Player)
}

func TestWhatCannotBeOpenedIsAnErrorAndNeverGarbage(t *testing.T) {
	k, _ := keys(t)
	other, _ := keys(t)
	sealed, err := codec.DataConverter(other).ToPayload(input{player})
	require.NoError(t, err)
	elsewhere, err := k.Seal([]byte(player), []byte("foxflow code v1"))
	require.NoError(t, err)
	for name, data := range map[string][]byte{"another keyset": sealed.Data, "cut short": sealed.Data[:5], "not a payload": elsewhere} {
		p := &commonpb.Payload{Metadata: sealed.Metadata, Data: data}
		var in input
		err := codec.DataConverter(k).FromPayload(p, &in)
		assert.ErrorAs(t, err, new(*codec.SealedError), name)
		assert.NotContains(t, fmt.Sprint(err), player, name)
		assert.Zero(t, in, name)
	}
}

// Messages, stack traces and details of failures say what went wrong with whose
// order.
func TestFailuresAreSealedWhole(t *testing.T) {
	k, _ := keys(t)
	o := codec.Seal(client.Options{}, k)
	told := temporal.NewNonRetryableApplicationError("no such player: "+player, "VALIDATION", errors.New("cause: "+player), input{player})
	failure := o.FailureConverter.ErrorToFailure(told)
	bytes, err := proto.Marshal(failure)
	require.NoError(t, err)
	assert.NotContains(t, string(bytes), player)
	assert.Contains(t, string(bytes), "VALIDATION", "the type is no secret: it decides whether to try again")

	var app *temporal.ApplicationError
	require.ErrorAs(t, o.FailureConverter.FailureToError(failure), &app)
	assert.Equal(t, "no such player: "+player, app.Message())
	var details input
	require.NoError(t, app.Details(&details))
	assert.Equal(t, player, details.Player)
}

// A worker with another keyset must fail the workflow task, which is tried again
// elsewhere, and never the workflow.
func TestWorkflowCodePanicsOnWhatItCannotOpen(t *testing.T) {
	k, _ := keys(t)
	other, _ := keys(t)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetDataConverter(codec.DataConverter(k))
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		sealed, err := codec.DataConverter(other).ToPayload(input{player})
		if err != nil {
			return err
		}
		inside, aware := codec.DataConverter(k).(workflow.ContextAware)
		assert.True(t, aware)
		var in input
		assert.PanicsWithError(t, "open payload: open sealed text: another keyset sealed it, or it was changed or moved",
			func() { _ = inside.WithWorkflowContext(ctx).FromPayload(sealed, &in) })
		assert.Panics(t, func() {
			_ = inside.WithWorkflowContext(ctx).FromPayloads(&commonpb.Payloads{Payloads: []*commonpb.Payload{sealed}}, &in)
		})
		return nil
	})
	require.NoError(t, env.GetWorkflowError())
}
