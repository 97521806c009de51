package registry_test

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"time"

	"github.com/dajiaqian/dajiaqian/internal/test/orgtest"
	"github.com/dajiaqian/dajiaqian/internal/test/pictures"
	"github.com/dajiaqian/dajiaqian/org"
	"github.com/dajiaqian/dajiaqian/seal"
	"github.com/dajiaqian/dajiaqian/seal/photo"
	"github.com/dajiaqian/dajiaqian/seal/registry"
	"github.com/dajiaqian/dajiaqian/store"
	"github.com/dajiaqian/dajiaqian/store/memory"
)

// quiet stands in for a test where an example needs one.
type quiet struct{}

func (quiet) Helper()      {}
func (quiet) Fatal(...any) {}

// A company makes its 公章 and lends it to a member for a month, who stamps with it. The
// world of this example is a verified company and a verified member.
func ExampleService() {
	ctx := context.Background()
	w := newWorld(quiet{}, memory.New())
	boss := w.firm(quiet{}, 0)
	clerk := w.Member(quiet{}, boss, 1)

	made, err := w.Create(ctx, boss, "公章", seal.Spec{Style: seal.StyleOfficial, Code: orgtest.Firms()[0].CreditCode})
	fmt.Println(made.Name, made.Style, err)
	_, err = w.usable(clerk, made.ID)
	fmt.Println(org.Zh(err))

	month := registry.Period{To: w.Now().AddDate(0, 1, 0)}
	fmt.Println("granted:", w.Grant(ctx, boss, made.ID, clerk.Person, month))
	err = w.DB.Update(ctx, func(ctx context.Context, tx *store.Tx) error {
		use, err := w.Usable(ctx, tx, clerk, made.ID) // in the commit that stamps
		if err != nil {
			return err
		}
		return w.LogUse(ctx, tx, registry.UseRecord{Seal: use.Seal, Grant: use.Grant, Person: clerk.Person, Envelope: "e1", Document: "digest"})
	})
	log, _, _ := w.Uses(ctx, boss, made.ID, "")
	fmt.Println("stamped:", len(log), log[0].Envelope, err)

	w.Pass(32 * 24 * time.Hour)
	_, err = w.usable(clerk, made.ID)
	fmt.Println(err)
	// Output:
	// 公章 公章 <nil>
	// 您没有该印章的使用权限，请先申请使用
	// granted: <nil>
	// stamped: 1 e1 <nil>
	// registry: not granted to this member now
}

// A member applies for a seal, and an administrator decides.
func ExampleService_Apply() {
	ctx := context.Background()
	w := newWorld(quiet{}, memory.New())
	boss := w.firm(quiet{}, 0)
	clerk := w.Member(quiet{}, boss, 1)
	id := w.official(quiet{}, boss, "合同章")

	a, err := w.Apply(ctx, clerk, id, "签署采购合同", registry.Period{})
	fmt.Println(a.State.Zh(), err)
	a, err = w.Approve(ctx, boss, a.ID)
	fmt.Println(a.State.Zh(), err)
	list, err := w.Available(ctx, clerk)
	fmt.Println(len(list), list[0].Name, err)
	// Output:
	// 待审批 <nil>
	// 通过 <nil>
	// 1 合同章 <nil>
}

// A company stores the seal that was cut out of a photo of it. Pressing the button
// twice makes one seal.
func ExampleService_CreateFromPhoto() {
	ctx := context.Background()
	w := newWorld(quiet{}, memory.New())
	boss := w.firm(quiet{}, 0)
	var file bytes.Buffer
	_ = png.Encode(&file, pictures.Painted(300, 280)) // stands in for an upload
	cut, err := photo.Clean(file.Bytes(), photo.Options{Size: 42})
	fmt.Println("shown:", err)
	made, err := w.Once("form-1").CreateFromPhoto(ctx, boss, "公章", cut)
	again, err2 := w.Once("form-1").CreateFromPhoto(ctx, boss, "公章", cut)
	fmt.Println(made.Name, made == again, err, err2)
	i, err := w.Impression(ctx, boss, made.ID)
	fmt.Printf("%.0f mm, %v\n", max(i.Width, i.Height), err)
	// Output:
	// shown: <nil>
	// 公章 true <nil> <nil>
	// 42 mm, <nil>
}
