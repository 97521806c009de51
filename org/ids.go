package org

// PersonID names a person. It is a type of its own, so that it cannot stand where a
// company's id is meant.
type PersonID string

// CompanyID names a company.
type CompanyID string
