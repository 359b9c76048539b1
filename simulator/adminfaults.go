package simulator

import (
	"errors"
	"net/http"
)

func (s *Simulator) adminSetFaults(_ *http.Request, body []byte) (any, error) {
	var asked struct {
		Plan *string `json:"plan"`
		Seed uint64  `json:"seed"`
	}
	if err := readAdmin(body, &asked); err != nil {
		return nil, err
	}
	if asked.Plan == nil {
		return nil, errors.New("set faults: give a plan, e.g. {\"plan\":\"storm\",\"seed\":7}, or an empty one for no faults")
	}
	if err := s.Faults.Set(*asked.Plan, asked.Seed); err != nil {
		return nil, err
	}
	return s.Faults.Report(), nil
}

func (s *Simulator) adminNextFault(_ *http.Request, body []byte) (any, error) {
	var asked NextFault
	if err := readAdmin(body, &asked); err != nil {
		return nil, err
	}
	if err := s.Faults.Next(asked); err != nil {
		return nil, err
	}
	return s.Faults.Report(), nil
}
