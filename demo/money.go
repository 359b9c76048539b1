package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// The money of the last chapter: together for two gift cards of three, to the cent.
const (
	nearlyNothing = "0.10"
	forTwo        = "19"
)

// moneyIsShort places three orders that nothing is there for, asks for a top-up that
// serves two, and leaves the third to its owner.
func (s *story) moneyIsShort(ctx context.Context) {
	s.stage.heading("5. Three orders, and money for two")
	s.stage.say("%s", "A file of orders that the balance can't cover says so before anything starts. Placed\nall the same they wait; nobody tries payments that can't succeed.")
	s.expect(s.admin.setBalance(ctx, nearlyNothing))
	references := []string{"first-" + s.at, "second-" + s.at, "third-" + s.at}
	file := filepath.Join(s.stack.StateDir, "orders.csv")
	lines := "reference,item,quantity,note,mock,max_price\n"
	for _, reference := range references {
		lines += fmt.Sprintf("%s,%s,1,,,\n", reference, giftCard)
	}
	if err := os.WriteFile(file, []byte(lines), 0o600); err != nil {
		s.expect(err)
		return
	}
	s.starter(ctx, exitError, "place", "--file", file)
	s.starter(ctx, 0, "place", "--file", file, "--yes")
	for _, reference := range references {
		s.untilWaiting(ctx, reference)
	}
	s.starter(ctx, 0, "list", "--state", "awaiting_topup")

	s.stage.say("\nA crypto top-up is a workflow of its own: FoxReload is asked once, whatever crashes.")
	topUp := []string{"top-up", "--request", forTwo, "--currency", "usdt", "--id", "money-" + s.at}
	s.starter(ctx, exitNotYet, append(topUp, "--timeout", "3s")...)
	s.stage.say("\nThe coins arrive (the simulator's admin API). Nobody tells foxflow: it watches the balance,\nand wakes as many orders as that covers, the soonest payment window first.")
	s.expect(s.admin.confirmTopUps(ctx))
	s.starter(ctx, 0, append(topUp, "--timeout", longEnough)...)
	left, err := s.leftOver(ctx, references)
	s.expect(err)
	s.starter(ctx, 0, "list", "--limit", fmt.Sprint(len(references)))
	if err == nil {
		s.starter(ctx, 0, "cancel", left)
	}
}

// leftOver is the one order that still waits when all others have completed: that
// whose payment window ends last.
func (s *story) leftOver(ctx context.Context, references []string) (left string, err error) {
	err = await(ctx, func(ctx context.Context) (bool, error) {
		var waiting []string
		for _, reference := range references {
			switch state, err := s.shell.state(ctx, reference); {
			case err != nil:
				return false, err
			case state == "awaiting_topup":
				waiting = append(waiting, reference)
			case state != "completed":
				return false, nil
			}
		}
		left = strings.Join(waiting, " and ")
		return len(waiting) == 1, nil
	})
	if err != nil {
		return "", fmt.Errorf("wait until one of three orders is left: %w", err)
	}
	return left, nil
}

// confirmTopUps has the coins of every top-up arrive that still waits for them.
func (a *admin) confirmTopUps(ctx context.Context) error {
	text, err := a.ask(ctx, http.MethodGet, "/admin/topups", nil)
	if err != nil {
		return fmt.Errorf("list the simulator's top-ups: %w", err)
	}
	var answer struct {
		TopUps []struct {
			ID          string  `json:"id"`
			ConfirmedAt *string `json:"confirmedAt"`
		} `json:"topUps"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return fmt.Errorf("list the simulator's top-ups: %w", err)
	}
	for _, t := range answer.TopUps {
		if t.ConfirmedAt != nil {
			continue
		}
		if _, err := a.ask(ctx, http.MethodPost, "/admin/topups/"+t.ID+"/confirm", nil); err != nil {
			return fmt.Errorf("confirm the simulator's top-up: %w", err)
		}
	}
	return nil
}

// ask calls the simulator's admin API.
func (a *admin) ask(ctx context.Context, method, path string, body io.Reader) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, a.url+path, body)
	if err != nil {
		return nil, err
	}
	answer, err := local.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	const most = 1 << 20
	said, err := io.ReadAll(io.LimitReader(answer.Body, most))
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %.300s", answer.Status, said)
	}
	return said, err
}
