package version

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestABuildNamesVersionCommitAndGo(t *testing.T) {
	defer func(before string) { commit = before }(commit)
	commit = "3f2a"
	b := Of("worker")
	assert.Equal(t, "worker "+Version+", commit 3f2a, "+runtime.Version(), b.String())
	commit = ""
	assert.NotEmpty(t, Of("worker").Commit, "it is said that it is not known")
}
