package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"foxflow/foxreload"
	"foxflow/starter/internal/show"
)

// productDocument is a product in JSON.
type productDocument struct {
	ID                 string   `json:"id"`
	Name               string   `json:"name"`
	Price              *string  `json:"price"`
	Currency           *string  `json:"currency"`
	Quantity           *int64   `json:"quantity"`
	OrderMinQuantity   *int64   `json:"orderMinQuantity"`
	OrderMaxQuantity   *int64   `json:"orderMaxQuantity"`
	RequiredNoteFields []string `json:"requiredNoteFields"`
}

func (a *app) productsCommand() *cobra.Command {
	products := &cobra.Command{Use: "products", Short: "Look into the catalogue", Args: anyArgs, RunE: nameACommand}
	products.AddCommand(
		&cobra.Command{
			Use:   "search TEXT",
			Short: "Find products by words",
			Args: func(cmd *cobra.Command, args []string) error {
				if strings.TrimSpace(strings.Join(args, "")) == "" {
					return misused("write: starter products search TEXT", "text: what to search for is missing")
				}
				return nil
			},
			RunE: func(cmd *cobra.Command, args []string) error {
				words := strings.Join(args, " ")
				return a.askingFoxReload(cmd.Context(), func(in *session, api *foxreload.Client) error {
					found, err := ask(cmd.Context(), in, func(ctx context.Context) ([]foxreload.Product, error) { return api.SearchProducts(ctx, words) })
					if err != nil {
						return err
					}
					return in.showProducts(found)
				})
			},
		},
		&cobra.Command{
			Use:   "show ID",
			Short: "Show one product: price, limits, the notes it needs",
			Args: func(cmd *cobra.Command, args []string) error {
				if len(args) != 1 || strings.TrimSpace(args[0]) == "" {
					return misused("find ids with: starter products search TEXT", "id: exactly one product id is needed")
				}
				return nil
			},
			RunE: func(cmd *cobra.Command, args []string) error {
				return a.askingFoxReload(cmd.Context(), func(in *session, api *foxreload.Client) error {
					product, err := ask(cmd.Context(), in, func(ctx context.Context) (foxreload.Product, error) { return api.Product(ctx, args[0]) })
					if err != nil {
						return err
					}
					return in.showProduct(product)
				})
			},
		})
	return products
}

func (a *app) showProducts(products []foxreload.Product) error {
	if a.JSON {
		documents := make([]productDocument, len(products))
		for i, p := range products {
			documents[i] = document(p)
		}
		return a.Document(struct {
			Products []productDocument `json:"products"`
		}{documents})
	}
	if len(products) == 0 {
		a.Note("no products")
		return nil
	}
	var rows [][]string
	for _, p := range products {
		rows = append(rows, []string{show.Clean(p.ID), show.Clean(p.Name), priceOf(p), show.Clean(strings.Join(p.RequiredNoteFields, ","))})
	}
	return a.Table([]string{"ID", "NAME", "PRICE", "NOTE"}, rows, 0, 1, 3)
}

func (a *app) showProduct(p foxreload.Product) error {
	if a.JSON {
		return a.showProducts([]foxreload.Product{p})
	}
	a.Printf("%s\n", a.Bold(show.Clean(p.Name)))
	fact := func(name, value string) { a.Printf("  %-10s %s\n", name, show.Clean(value)) }
	fact("id", p.ID)
	fact("price", priceOf(p))
	if p.Quantity != nil {
		fact("in stock", fmt.Sprint(*p.Quantity))
	}
	if limits := limitsOf(p); limits != "" {
		fact("quantity", limits)
	}
	for _, field := range p.RequiredNoteFields {
		need := fmt.Sprintf("--note %s=…", field)
		if kind := p.NoteFieldTypes[field]; kind != "" {
			need += "  (" + kind + ")"
		}
		if options := p.NoteFieldOptions[field]; len(options) > 0 {
			need += "  one of " + strings.Join(options, ", ")
		}
		fact("needs", need)
	}
	for _, field := range slices.Sorted(maps.Keys(p.NoteFieldTypes)) {
		if !slices.Contains(p.RequiredNoteFields, field) {
			fact("may take", fmt.Sprintf("--note %s=…  (%s)", field, p.NoteFieldTypes[field]))
		}
	}
	return nil
}

func document(p foxreload.Product) productDocument {
	d := productDocument{ID: p.ID, Name: p.Name, Quantity: p.Quantity, OrderMinQuantity: p.OrderMinQuantity,
		OrderMaxQuantity: p.OrderMaxQuantity, RequiredNoteFields: p.RequiredNoteFields}
	if p.Price != nil {
		price := p.Price.String()
		d.Price = &price
	}
	if p.Currency != "" {
		d.Currency = &p.Currency
	}
	if d.RequiredNoteFields == nil {
		d.RequiredNoteFields = []string{}
	}
	return d
}

func priceOf(p foxreload.Product) string {
	switch {
	case p.NotForSale:
		return "not for sale"
	case p.Price == nil:
		return "not known"
	}
	return strings.TrimSpace(p.Price.String() + " " + show.Clean(p.Currency))
}

func limitsOf(p foxreload.Product) string {
	switch low, high := p.OrderMinQuantity, p.OrderMaxQuantity; {
	case low != nil && high != nil:
		return fmt.Sprintf("%d to %d", *low, *high)
	case low != nil:
		return fmt.Sprintf("at least %d", *low)
	case high != nil:
		return fmt.Sprintf("at most %d", *high)
	}
	return ""
}
