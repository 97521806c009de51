package org

// PersonID identifies a person. It has its own type, so that it cannot be confused with
// a company's id.
type PersonID string

// CompanyID identifies a company.
type CompanyID string
