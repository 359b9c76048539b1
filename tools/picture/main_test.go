package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func picture(t *testing.T, text, until string) string {
	t.Helper()
	var out strings.Builder
	if err := draw(strings.NewReader(text), &out, until, "/home/somebody/src"); err != nil {
		t.Fatal(err)
	}
	for decoder := xml.NewDecoder(strings.NewReader(out.String())); ; {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			return out.String()
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, out.String())
		}
	}
}

func TestThePictureShowsTheTextAndNothingOfThisMachine(t *testing.T) {
	got := picture(t, "State  /home/somebody/src/.foxflow\n$ bin/starter codes <shop> & co\n12:00  ✓ completed\nread by ann@box from local\n2. Next\nnever\n", "2. ")
	for _, want := range []string{"~/foxflow/.foxflow", `class="command"`, "&lt;shop&gt; &amp; co", `class="good"`, "by you@your-machine"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	for _, unwanted := range []string{"somebody", "ann@box", "never", "2. Next"} {
		if strings.Contains(got, unwanted) {
			t.Errorf("%q is in\n%s", unwanted, got)
		}
	}
}

func TestALongLineIsBrokenAsATerminalDoes(t *testing.T) {
	got := picture(t, strings.Repeat("ж", columns+3)+"\n", "")
	if n := strings.Count(got, "<text "); n != 2 {
		t.Errorf("%d lines, want 2", n)
	}
	if err := draw(strings.NewReader(""), io.Discard, "", ""); err == nil {
		t.Error("an empty picture was drawn")
	}
}
